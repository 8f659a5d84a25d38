using K8sBackup.Etcd.Booting;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Etcd.Tests.Booting;

public sealed class EtcdBinaryFinderTests : IDisposable
{
    private const string Program = "/usr/bin/etcd";

    private readonly TemporaryDirectory _temp = new();

    [Fact]
    public async Task Find_MemberRuns_CopiesItsProgram()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { Name = "found-by-name" });
        var finder = new EtcdBinaryFinder(TimeProvider.System);

        var found = await finder.FindAsync("found-by-name", _temp["copy"], CancellationToken.None);

        Assert.Equal(_temp["copy"], found.Path);
        Assert.Equal($"running etcd, process {server.Process.Id}", found.Origin);
        Assert.Equal(File.ReadAllBytes(Program), File.ReadAllBytes(found.Path));
        Assert.Equal(await EtcdServer.VersionAsync(), "etcd " + found.VersionText);
    }

    [Fact]
    public async Task Find_OnlyAnotherMemberRuns_TakesTheConfiguredProgram()
    {
        AddProcess("17", "etcd\0--name=other\0");
        var finder = Finder() with { ConfiguredPath = Program, SearchPath = [] };

        var found = await finder.FindAsync("mine", _temp["copy"], CancellationToken.None);

        Assert.Equal((Program, "configured"), (found.Path, found.Origin));
        Assert.False(File.Exists(_temp["copy"]));
    }

    [Fact]
    public async Task Find_RunningProgramDoesNotRunHere_TakesTheNextBest()
    {
        AddProcess("17", "/usr/local/bin/etcd\0--name\0mine\0", "/bin/false");
        var finder = Finder() with { SearchPath = ["/usr/bin"] };

        var found = await finder.FindAsync("mine", _temp["copy"], CancellationToken.None);

        Assert.Equal(Program, found.Path);
    }

    [Fact]
    public async Task Find_NothingThatRuns_SaysWhatWasWrongWithEach()
    {
        AddProcess("17", "etcd\0", "/bin/false");
        var finder = Finder() with { ConfiguredPath = "/no/such/etcd", SearchPath = [] };

        var error = await Assert.ThrowsAsync<BootTestException>(() => finder.FindAsync(null, _temp["copy"], CancellationToken.None));

        Assert.Equal(BootTestFault.BinaryUnusable, error.Fault);
        Assert.Contains("running etcd, process 17", error.Message, StringComparison.Ordinal);
        Assert.Contains("/no/such/etcd", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_temp["copy"]));
    }

    [Fact]
    public async Task Probe_ProgramThatHangs_IsGivenUpAndKilled()
    {
        var script = _temp["hangs"];
        File.WriteAllText(script, $"#!/bin/sh\necho $$ > {_temp["id"]}.new; mv {_temp["id"]}.new {_temp["id"]}; exec tail -f /dev/null\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var clock = new ManualTimeProvider();

        var probing = EtcdBinary.ProbeAsync(script, "test", clock, CancellationToken.None);
        while (!File.Exists(_temp["id"]))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(BootTestFault.BinaryUnusable, (await Assert.ThrowsAsync<BootTestException>(() => probing)).Fault);
        Assert.False(Directory.Exists($"/proc/{File.ReadAllText(_temp["id"]).Trim()}"));
    }

    public void Dispose() => _temp.Dispose();

    private EtcdBinaryFinder Finder() => new(TimeProvider.System) { ProcessDirectory = _temp["proc"] };

    private void AddProcess(string id, string commandLine, string program = Program)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_temp["proc"], id)).FullName;
        File.WriteAllText(Path.Combine(directory, "cmdline"), commandLine);
        File.CreateSymbolicLink(Path.Combine(directory, "exe"), program);
    }
}
