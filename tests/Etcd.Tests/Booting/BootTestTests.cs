using System.Diagnostics;
using K8sBackup.Etcd.Booting;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Booting;

public sealed class BootTestTests : IClassFixture<BootFixture>, IDisposable
{
    private readonly BootFixture _fixture;
    private readonly TemporaryDirectory _temp = new();

    public BootTestTests(BootFixture fixture) => _fixture = fixture;

    private string Scratch => _temp["scratch"];

    [Fact]
    public async Task Run_SnapshotOfARandomWorkload_IsProvedInANamespaceOfItsOwn()
    {
        var report = await new BootTest(TimeProvider.System).RunAsync(_fixture.Request(Scratch) with { RequireIsolation = true }, CancellationToken.None);

        Assert.Null(report.NotIsolatedBecause);
        Assert.Equal(_fixture.Keys, report.Keys);
        Assert.InRange(report.KeysRead, 30, 64);
        Assert.Equal(report.Built.RevisionBefore + DataDirRequest.DefaultRevisionBump, report.Built.RevisionAfter);
        Assert.Equal(_fixture.Binary.VersionText, report.ServerVersion);
        Assert.All([report.Building, report.Starting, report.Proving, report.Reading], time => Assert.True(time > TimeSpan.Zero));
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Run_NotBumped_IsProved()
    {
        var request = _fixture.Request(Scratch);
        request = request with { DataDir = request.DataDir with { RevisionBump = 0 } };

        var report = await new BootTest(TimeProvider.System).RunAsync(request, CancellationToken.None);

        Assert.Equal(report.Built.RevisionBefore, report.Built.RevisionAfter);
        Assert.Equal(_fixture.Keys, report.Keys);
    }

    [Fact]
    public async Task Run_DatabaseThatWasBumpedBefore_CountsNoEmptyKey()
    {
        var first = new DataDirBuilder().Build(RestoreFixture.Request(_fixture.Snapshot, _temp["first"]), CancellationToken.None);
        var request = _fixture.Request(Scratch);
        request = request with
        {
            DataDir = request.DataDir with { DatabasePath = Path.Combine(first.MemberDirectory, "snap", "db"), Digest = DigestRule.Absent, RevisionBump = 0 },
        };

        var report = await new BootTest(TimeProvider.System).RunAsync(request, CancellationToken.None);

        Assert.Equal(_fixture.Keys, report.Keys);
    }

    [Fact]
    public async Task Run_NoNamespacePermitted_UsesTheLoopbackAndSaysSo()
    {
        var report = await new BootTest(TimeProvider.System) { MayIsolate = false }.RunAsync(_fixture.Request(Scratch), CancellationToken.None);

        Assert.Equal("not asked for", report.NotIsolatedBecause);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Run_NoNamespacePermittedAndOneRequired_IsRefused()
    {
        var test = new BootTest(TimeProvider.System) { MayIsolate = false, BeforeStart = _ => Assert.Fail("started") };

        var error = await Assert.ThrowsAsync<BootTestException>(
            () => test.RunAsync(_fixture.Request(Scratch) with { RequireIsolation = true }, CancellationToken.None));

        Assert.Equal(BootTestFault.NotIsolated, error.Fault);
        Assert.False(error.IsVerdict);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Run_ValueChangedAfterTheBuild_IsFoundByItsHash()
    {
        var test = new BootTest(TimeProvider.System) { BeforeStart = built => Flip(Path.Combine(built.MemberDirectory, "snap", "db"), _fixture.Needle) };

        var error = await Assert.ThrowsAsync<BootTestException>(() => test.RunAsync(_fixture.Request(Scratch), CancellationToken.None));

        Assert.Equal(BootTestFault.HashDiffers, error.Fault);
        Assert.True(error.IsVerdict);
        Assert.Contains("etcd", error.ServerLog, StringComparison.Ordinal);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Run_OtherMembersWal_IsNoMatch()
    {
        // Another token gives another cluster; its log with this database is what a wrong swap would leave.
        var other = new DataDirBuilder().Build(RestoreFixture.Request(_fixture.Snapshot, _temp["other"]), CancellationToken.None);
        var test = new BootTest(TimeProvider.System)
        {
            BeforeStart = built =>
            {
                Directory.Delete(built.WalDirectory, recursive: true);
                Directory.Move(other.WalDirectory, built.WalDirectory);
            },
        };

        var error = await Assert.ThrowsAsync<BootTestException>(
            () => test.RunAsync(_fixture.Request(Scratch) with { StartTimeout = TimeSpan.FromSeconds(3) }, CancellationToken.None));

        Assert.Contains(error.Fault, (BootTestFault[])[BootTestFault.IdentityDiffers, BootTestFault.ServerEnded, BootTestFault.NotServing]);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Run_CutSnapshot_NeverStarts()
    {
        var cut = _temp["cut.db"];
        File.WriteAllBytes(cut, File.ReadAllBytes(_fixture.Snapshot)[..^4096]);
        var request = _fixture.Request(Scratch);
        request = request with { DataDir = request.DataDir with { DatabasePath = cut } };
        var test = new BootTest(TimeProvider.System) { BeforeStart = _ => Assert.Fail("started") };

        await Assert.ThrowsAsync<SnapshotInvalidException>(() => test.RunAsync(request, CancellationToken.None));

        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Run_ServerEndsAtOnce_SaysWithWhatItPrinted()
    {
        var program = Script("for i in $(seq 1 3000); do echo 'much ado about nothing'; done; echo the reason >&2; exit 3");

        var error = await Assert.ThrowsAsync<BootTestException>(
            () => new BootTest(TimeProvider.System).RunAsync(_fixture.Request(Scratch) with { Binary = program }, CancellationToken.None));

        Assert.Equal(BootTestFault.ServerEnded, error.Fault);
        Assert.Contains("code 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("the reason", error.ServerLog, StringComparison.Ordinal);
        Assert.InRange(error.ServerLog.Length, 1, 32 << 10);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Run_ServerThatNeverServes_IsKilledInTime()
    {
        var program = Script("exec tail -f /dev/null");

        var error = await Assert.ThrowsAsync<BootTestException>(() => new BootTest(TimeProvider.System).RunAsync(
            _fixture.Request(Scratch) with { Binary = program, StartTimeout = TimeSpan.FromSeconds(1) }, CancellationToken.None));

        Assert.Equal(BootTestFault.NotServing, error.Fault);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Run_Cancelled_LeavesNoServer()
    {
        using var stop = new CancellationTokenSource();
        var program = Script($"touch {_temp["started"]}; exec tail -f /dev/null");
        var running = new BootTest(TimeProvider.System).RunAsync(_fixture.Request(Scratch) with { Binary = program }, stop.Token);
        await Until(() => File.Exists(_temp["started"]));

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Run_ScratchInUse_IsRefusedAndKept()
    {
        Directory.CreateDirectory(Scratch);
        File.WriteAllText(Path.Combine(Scratch, "mine"), "");

        var error = await Assert.ThrowsAsync<BootTestException>(() => new BootTest(TimeProvider.System).RunAsync(_fixture.Request(Scratch), CancellationToken.None));

        Assert.Equal(BootTestFault.ScratchUnusable, error.Fault);
        Assert.True(File.Exists(Path.Combine(Scratch, "mine")));
    }

    [Fact]
    public async Task Sweep_ServerOfAKilledTest_IsEndedAndItsDirectoryDeleted()
    {
        var parent = _temp["parent"];
        var left = Directory.CreateDirectory(Path.Combine(parent, "left")).FullName;
        File.WriteAllText(Path.Combine(left, "lock"), "");
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = Path.Combine(left, "data") });
        using var live = BootScratch.Create(Path.Combine(parent, "live"));

        Assert.Equal(1, BootScratch.Sweep(parent));

        await server.Process.WaitForExitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal([Path.Combine(parent, "live")], Directory.GetDirectories(parent));
    }

    public void Dispose() => _temp.Dispose();

    private static async Task Until(Func<bool> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    private static void Flip(string path, byte[] needle)
    {
        var bytes = File.ReadAllBytes(path);
        var place = bytes.AsSpan().IndexOf(needle);
        Assert.True(place >= 0);
        bytes[place] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private EtcdBinary Script(string text)
    {
        var path = _temp["program"];
        File.WriteAllText(path, "#!/bin/sh\n" + text + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return _fixture.Binary with { Path = path };
    }

    private void AssertNothingIsLeft()
    {
        Assert.False(Path.Exists(Scratch));
        foreach (var process in Process.GetProcesses())
        {
            using (process)
            {
                Assert.DoesNotContain(_temp.Path, CommandLine(process.Id), StringComparison.Ordinal);
            }
        }
    }

    private static string CommandLine(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
