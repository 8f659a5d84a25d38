using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>A tmpfs of a few megabytes, unmounted when disposed. Needs root.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string directory) => Folder = directory;

    public string Folder { get; }

    public static async Task<SmallDisk> MountAsync(string size)
    {
        SmallDisk disk = new(Directory.CreateTempSubdirectory("k8sbackup-disk-").FullName);
        await RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk.Folder);
        return disk;
    }

    public Task ResizeAsync(string size) => RunAsync("mount", "-o", $"remount,size={size}", Folder);

    public async ValueTask DisposeAsync()
    {
        // Lazily, for a process that is still ending may have a file open.
        await RunAsync("umount", "--lazy", Folder);
        Directory.Delete(Folder);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        ProcessResult result = await ChildProcess.RunAsync(program, arguments, TimeSpan.FromMinutes(1));
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {result.StandardError}");
    }
}
