using K8sBackup.TestKit.Processes;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>
/// A directory mounted at another place by a program of its own (bindfs), which can be made to stand still: then every look at the mount goes into
/// the kernel and does not come back, as with a network file system whose server went away.
/// </summary>
internal sealed class StandingMount : IAsyncDisposable
{
    private const string Program = "/usr/bin/bindfs";

    private readonly ChildProcess _server;
    private readonly string _place;

    private StandingMount(string source, string place)
    {
        _place = place;
        // Nothing is remembered by the kernel.
        _server = ChildProcess.Start(Program, ["-f", "-o", "attr_timeout=0,entry_timeout=0,negative_timeout=0", source, place]);
    }

    /// <summary>Why tests are left out; null when they can run.</summary>
    public static string? MissingBecause => !File.Exists(Program) ? "There is no bindfs." : !File.Exists("/dev/fuse") ? "There is no /dev/fuse." : null;

    public static async Task<StandingMount> StartAsync(string source, string place)
    {
        StandingMount mount = new(source, place);
        await Eventually.TrueAsync(() => File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ')[4] == place));
        return mount;
    }

    public void Stop() => _server.Freeze();

    public void GoOn() => _server.Thaw();

    public async ValueTask DisposeAsync()
    {
        // Whoever still waits gets an error.
        await _server.DisposeAsync();
        ProcessResult result = await ChildProcess.RunAsync("umount", ["--lazy", _place], TimeSpan.FromMinutes(2));
        Assert.True(result.ExitCode == 0, result.StandardError);
    }
}
