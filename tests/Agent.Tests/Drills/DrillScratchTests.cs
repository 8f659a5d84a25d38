using System.Text;
using Google.Protobuf;
using K8sBackup.Agent.Drills;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Agent.Tests.Drills;

/// <summary>However a drill ends, its directory is empty afterwards, and what it says is how it ended.</summary>
public sealed class DrillScratchTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private FakeCoordinator _coordinator = null!;

    private string Scratch => Path.Combine(_directory.Path, "drills");

    public async Task InitializeAsync() => _coordinator = await FakeCoordinator.StartAsync(_directory.Path);

    public async Task DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Drill_OfNamesAndDepthsNoStringHolds_PassesAndLeavesNothing()
    {
        Offer([], EntryKind.Directory);
        byte[] path = [];
        for (int level = 0; level < 20; level++)
        {
            path = [.. path, .. level == 0 ? "d"u8 : "/d"u8, .. Enumerable.Repeat((byte)'x', 240)];
            Offer(path, EntryKind.Directory);
        }

        Offer([.. path, .. "/deep"u8], EntryKind.File, "at the bottom");
        Offer([(byte)'f', 0xff, (byte)'\n'], EntryKind.File, "no text");

        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(_coordinator, _directory.Path));
        FakeSession session = await _coordinator.Sessions.NextAsync();
        await session.SendAsync(Drill());
        WorkResult result = await session.ResultAsync();

        Assert.True(result.Restore?.Drill is { Passed: true, Files.Files: 2 }, $"{result}");
        Assert.Empty(Directory.GetFileSystemEntries(Scratch));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Drill_BrokenOffWithinAFile_SaysThatAndLeavesNothing(bool isCalledOff)
    {
        Offer([], EntryKind.Directory);
        Offer([.. "d"u8], EntryKind.Directory);
        Offer([.. "d/first"u8], EntryKind.File, "whole");
        Offer([.. "d/second"u8], EntryKind.File, "never comes");
        using ManualResetEventSlim end = new();
        TaskCompletionSource isWithin = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _coordinator.Download.BeforeItem = item =>
        {
            if (item == _coordinator.Download.Items.Count - 2)
            {
                isWithin.SetResult();
                end.Wait();
            }
        };
        Work work = Drill();
        try
        {
            await using (AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(_coordinator, _directory.Path)))
            {
                FakeSession session = await _coordinator.Sessions.NextAsync();
                await session.SendAsync(work);
                await isWithin.Task.WaitAsync(TimeSpan.FromMinutes(1));
                await Eventually.TrueAsync(() => Directory.GetFiles(Scratch, ".kb-*", SearchOption.AllDirectories).Length > 1);
                if (isCalledOff)
                {
                    await session.SendAsync(new CoordinatorMessage { Cancel = new CancelWork { WorkId = work.WorkId } });
                    Assert.Equal(nameof(FailureCause.Cancelled), (await session.ResultAsync()).Failure?.Cause);
                    Assert.Empty(Directory.GetFileSystemEntries(Scratch));
                }
            }

            // Stopped as by SIGTERM: nothing is reported, and the coordinator asks again.
            Assert.Empty(Directory.GetFileSystemEntries(Scratch));
        }
        finally
        {
            end.Set();
        }
    }

    [Fact]
    public async Task Dispose_WhatCannotBeRemoved_IsLeftToTheNextDrillWhichNamesIt()
    {
        DrillScratch scratch = DrillScratch.Create(Scratch, NullLogger.Instance);
        string file = Path.Combine(scratch.Files, "locked");
        await File.WriteAllTextAsync(file, "");
        await ChattrAsync("+i", file);

        scratch.Dispose();

        BackupException refused = Assert.Throws<BackupException>(() => DrillScratch.Create(Scratch, NullLogger.Instance));
        Assert.Equal(FailureCause.TargetUnusable, refused.Failure.Cause);
        Assert.Contains("locked", refused.Failure.Message, StringComparison.Ordinal);
        await ChattrAsync("-i", file);
        DrillScratch.Create(Scratch, NullLogger.Instance).Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(Scratch));
    }

    [Fact]
    public async Task Dispose_WhileSomethingStillWritesThere_Ends()
    {
        using CancellationTokenSource stop = new();
        using DrillScratch next = DrillScratch.Create(Scratch, NullLogger.Instance);
        DrillScratch scratch = DrillScratch.Create(Scratch, NullLogger.Instance);
        Task writing = Task.Run(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                File.WriteAllText(Path.Combine(Scratch, $"f{i}"), "");
            }
        });
        await Eventually.TrueAsync(() => Directory.GetFiles(Scratch).Length > 0);

        scratch.Dispose();

        await stop.CancelAsync();
        await writing;
        next.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(Scratch));
    }

    private static Work Drill() => new()
    {
        WorkId = WorkMessages.NewId(),
        Restore = new RestoreTask
        {
            RestoreId = WorkMessages.NewId(),
            SnapshotId = WorkMessages.NewId(),
            Source = new Transport.V1.SourceKey { Node = AgentHarness.Node, Kind = Transport.V1.SourceKind.Volume, Name = "data" },
            Drill = new DrillOptions(),
        },
    };

    private static async Task ChattrAsync(string flag, string file) =>
        Assert.Equal(0, (await ChildProcess.RunAsync("chattr", [flag, file], TimeSpan.FromMinutes(1))).ExitCode);

    private void Offer(byte[] path, EntryKind kind, string text = "")
    {
        List<RestoreItem> items = _coordinator.Download.Items;
        items.Add(new RestoreItem { Entry = new Entry { Path = ByteString.CopyFrom(path), Kind = kind, Mode = 493, Size = text.Length } });
        if (text.Length > 0)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            items.Add(new RestoreItem
            {
                Data = new Data
                {
                    Compression = Compression.None,
                    ChunkLength = bytes.Length,
                    Take = bytes.Length,
                    ChunkId = ByteString.CopyFrom(ChunkId.Of(bytes).ToArray()),
                    Payload = ByteString.CopyFrom(bytes),
                },
            });
        }

        items.Add(new RestoreItem { End = new EntryEnd() });
    }
}
