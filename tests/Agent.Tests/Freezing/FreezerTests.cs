using System.Diagnostics;
using K8sBackup.Agent.Freezing;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Tests.Freezing;

/// <summary>On a file system of its own, frozen for real.</summary>
public sealed class FreezerTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private readonly TemporaryDirectory _directory = new();
    private AgentOptions _options = null!;

    private string Mount => At("volume");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Mount);
        await RunAsync("truncate", "-s", "16M", At("disk"));
        await RunAsync("mkfs.ext4", "-q", "-F", At("disk"));
        await RunAsync("mount", "-o", "loop", At("disk"), Mount);
        _options = new AgentOptions
        {
            Coordinators = [],
            Node = "w-1",
            StateDirectory = Directory.CreateDirectory(At("state")).FullName,
            SpoolDirectory = At("spool"),
            DrillDirectory = At("drill"),
        };
    }

    public async Task DisposeAsync()
    {
        using (SafeFileHandle handle = DirectoryHandles.OpenRoot(Mount))
        {
            _ = FreezeCalls.TryThaw(handle);
        }

        await RunAsync("umount", "--lazy", Mount);
        _directory.Dispose();
    }

    [Fact]
    public async Task Hold_UntilItEnds_IsFrozenAndThenNot()
    {
        using Freezer freezer = Freezer();
        await using FreezeHold hold = await freezer.HoldAsync(Volume(Mount), Long, CancellationToken.None);
        Assert.True(IsFrozen());
        Assert.True(File.Exists(At("state/frozen.json")));
        Assert.True(await hold.EndAsync());
        Assert.False(IsFrozen());
        Assert.False(File.Exists(At("state/frozen.json")));
    }

    [Fact]
    public async Task Hold_TimeOver_IsThawedWithoutBeingAsked()
    {
        using Freezer freezer = Freezer();
        await using FreezeHold hold = await freezer.HoldAsync(Volume(Mount), TimeSpan.FromSeconds(1), CancellationToken.None);
        await Eventually.TrueAsync(() => !IsFrozen());
        Assert.False(await hold.EndAsync());
    }

    [Fact]
    public async Task Run_InputEnds_AsWhenTheAgentDies_Thaws()
    {
        using OpenVolume volume = Volume(Mount);
        using Process holder = Process.Start(FreezeHold.StartInfo(FrozenDirectory.Of(volume.Directory, Mount), Long))!;
        Assert.Equal(FreezeProgram.Frozen, await holder.StandardOutput.ReadLineAsync());
        Assert.True(IsFrozen());
        holder.StandardInput.Close();
        await holder.WaitForExitAsync();
        Assert.Equal(FreezeProgram.HeldToTheEnd, holder.ExitCode);
        Assert.False(IsFrozen());
    }

    [Fact]
    public async Task Run_AnotherDirectoryIsAtThePath_FreezesNothing()
    {
        using OpenVolume volume = Volume(Mount);
        FrozenDirectory other = FrozenDirectory.Of(volume.Directory, _directory.Path);
        using Process holder = Process.Start(FreezeHold.StartInfo(other, Long))!;
        Assert.Contains("another directory is there", await holder.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        await holder.WaitForExitAsync();
        Assert.Equal(FreezeProgram.NotFrozen, holder.ExitCode);
    }

    [Fact]
    public async Task Hold_HolderIsKilled_IsThawedAtTheEnd()
    {
        using Freezer freezer = Freezer();
        await using FreezeHold hold = await freezer.HoldAsync(Volume(Mount), Long, CancellationToken.None);
        using (Process holder = Process.GetProcessById(hold.HolderId))
        {
            holder.Kill();
        }

        Assert.True(IsFrozen());
        Assert.False(await hold.EndAsync());
        Assert.False(IsFrozen());
    }

    [Fact]
    public void ThawLeft_EverythingWasKilled_ThawsAtTheNextStart()
    {
        using OpenVolume volume = Volume(Mount);
        Journal().Note(FrozenDirectory.Of(volume.Directory, Mount));
        Assert.Equal(0, FreezeCalls.TryFreeze(volume.Directory));
        Journal().ThawLeft();
        Assert.False(IsFrozen());
        Assert.False(File.Exists(At("state/frozen.json")));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"Path": "/tmp", "FileSystem": 1, "Inode": 1}""")]
    [InlineData("""{"Path": "/nowhere", "FileSystem": 1, "Inode": 1}""")]
    public void ThawLeft_NothingToFind_IsPutAside(string text)
    {
        File.WriteAllText(At("state/frozen.json"), text);
        Journal().ThawLeft();
        Assert.False(File.Exists(At("state/frozen.json")));
    }

    [Fact]
    public async Task Hold_FileSystemOfTheAgent_IsRefused()
    {
        using Freezer freezer = Freezer();
        using OpenVolume own = Volume(_directory.Path);
        BackupException refused = await Assert.ThrowsAsync<BackupException>(() => freezer.HoldAsync(own, Long, CancellationToken.None));
        Assert.Equal(FailureCause.HookFailed, refused.Failure.Cause);
        Assert.Contains("which the agent works on", refused.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hold_FileSystemThatCannotBeFrozen_SaysSoAndTheNextHasItsTurn()
    {
        using Freezer freezer = Freezer();
        using OpenVolume volume = Volume("/dev/shm");
        BackupException refused = await Assert.ThrowsAsync<BackupException>(() => freezer.HoldAsync(volume, Long, CancellationToken.None));
        Assert.Contains("cannot be frozen: FIFREEZE", refused.Failure.Message, StringComparison.Ordinal);
        await using FreezeHold hold = await freezer.HoldAsync(Volume(Mount), Long, CancellationToken.None);
        Assert.True(IsFrozen());
    }

    [Fact]
    public async Task Capture_TimeOverBeforeAllIsRead_IsMarked()
    {
        using Freezer freezer = Freezer();
        SlowSource slow = new(() => Eventually.TrueAsync(() => !IsFrozen()));
        await using FrozenSource source = new(slow, new Place(Mount), freezer, TimeSpan.FromSeconds(1));
        Finish finish = await source.CaptureAsync(null!, CancellationToken.None);
        Assert.Equal((Outcome.PartiallyFailed, 1), (finish.Outcome, finish.Counts.Failed));
        Assert.Equal("the file system was frozen for 00:00:01 only, and reading took longer", Assert.Single(finish.Items).Reason);
    }

    [Fact]
    public async Task Capture_InTime_IsAsItWasRead()
    {
        using Freezer freezer = Freezer();
        bool frozen = false;
        await using FrozenSource source = new(
            new SlowSource(() =>
            {
                frozen = IsFrozen();
                return Task.CompletedTask;
            }),
            new Place(Mount), freezer, Long);
        Finish finish = await source.CaptureAsync(null!, CancellationToken.None);
        Assert.True(frozen);
        Assert.Equal(Outcome.Completed, finish.Outcome);
        Assert.False(IsFrozen());
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        ProcessResult result = await ChildProcess.RunAsync(program, arguments, TimeSpan.FromMinutes(2));
        Assert.True(result.ExitCode == 0, $"{program}: {result.StandardError}");
    }

    private string At(string name) => Path.Combine(_directory.Path, name);

    private static OpenVolume Volume(string path) => new(DirectoryHandles.OpenRoot(path), path);

    private FreezeJournal Journal() => new(_options, NullLogger<FreezeJournal>.Instance);

    private Freezer Freezer() => new(new HostRoot("/"), _options, Journal(), NullLogger<Freezer>.Instance);

    // The kernel has no question for it, but refuses to freeze twice.
    private bool IsFrozen()
    {
        using SafeFileHandle handle = DirectoryHandles.OpenRoot(Mount);
        bool already = FreezeCalls.TryFreeze(handle) != 0;
        if (!already)
        {
            _ = FreezeCalls.TryThaw(handle);
        }

        return already;
    }

    private sealed class Place(string path) : IVolumePlace
    {
        public bool IsLasting => true;

        public OpenVolume Open() => Volume(path);
    }

    private sealed class SlowSource(Func<Task> reading) : IBackupSource
    {
        public Task PrepareAsync(WorkMeter meter, CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task<Finish> CaptureAsync(CaptureContext context, CancellationToken cancellationToken)
        {
            await reading();
            return new Finish { Outcome = Outcome.Completed, Counts = new SnapshotCounts() };
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
