using System.Globalization;
using System.Text.Json;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.TestKit.Kubelet;

/// <summary>
/// What a kubelet leaves on its node: directories of pods, with real mounts and loop devices, which are taken away again on dispose.
/// Needs root.
/// </summary>
public sealed class KubeletTree : IAsyncDisposable
{
    private readonly List<string> _mounts = [];
    private readonly List<string> _devices = [];

    /// <param name="root">The kubelet's root directory, made when it is not there.</param>
    public KubeletTree(string root) => Root = Directory.CreateDirectory(root).FullName;

    public string Root { get; }

    /// <summary>The directory of a pod.</summary>
    public string Pod(string uid) => Directory.CreateDirectory(Path.Combine(Root, "pods", uid)).FullName;

    /// <summary>The directory a plugin keeps a volume in, with nothing mounted.</summary>
    public string Volume(string uid, string plugin, string name) =>
        Directory.CreateDirectory(Path.Combine(Pod(uid), "volumes", plugin.Replace('/', '~'), name)).FullName;

    public string EmptyDir(string uid, string name) => Volume(uid, "kubernetes.io/empty-dir", name);

    /// <summary>A CSI volume whose mount is still missing; the result is where it belongs.</summary>
    public string UnmountedCsi(string uid, string name, string driver, string handle)
    {
        string directory = Volume(uid, "kubernetes.io/csi", name);
        WriteData(directory, name, driver, handle);
        return Directory.CreateDirectory(Path.Combine(directory, "mount")).FullName;
    }

    public async Task<string> CsiAsync(string uid, string name, string driver, string handle) =>
        await MountAsync(UnmountedCsi(uid, name, driver, handle));

    /// <summary>Mounts an empty file system at a directory.</summary>
    public async Task<string> MountAsync(string directory)
    {
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", directory);
        _mounts.Add(directory);
        return directory;
    }

    public async Task BindAsync(string source, string target)
    {
        await RunAsync("mount", "--bind", source, target);
        _mounts.Add(target);
    }

    /// <summary>Unmounts as kubelets do when they are in a hurry: those who have it open go on reading.</summary>
    public async Task UnmountLazilyAsync(string directory)
    {
        await RunAsync("umount", "--lazy", directory);
        _mounts.Remove(directory);
    }

    /// <summary>A loop device on a file.</summary>
    public async Task<string> DeviceAsync(string file)
    {
        string device = (await RunAsync("losetup", "--find", "--show", file)).Trim();
        _devices.Add(device);
        return device;
    }

    /// <summary>A raw block volume of a CSI driver, as the kubelet maps it for a pod.</summary>
    public async Task CsiDeviceAsync(string uid, string name, string driver, string handle, string device)
    {
        Pod(uid);
        string volume = Path.Combine(Root, "plugins/kubernetes.io/csi/volumeDevices", name);
        WriteData(Directory.CreateDirectory(Path.Combine(volume, "data")).FullName, name, driver, handle);
        string map = Path.Combine(Directory.CreateDirectory(Path.Combine(volume, "dev")).FullName, uid);
        await File.WriteAllBytesAsync(map, []);
        await BindAsync(device, map);
    }

    /// <summary>A raw block volume of another plugin, as the kubelet links it in the pod's directory.</summary>
    public void LinkDevice(string uid, string plugin, string name, string target)
    {
        string directory = Directory.CreateDirectory(Path.Combine(Pod(uid), "volumeDevices", plugin.Replace('/', '~'))).FullName;
        File.CreateSymbolicLink(Path.Combine(directory, name), target);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string mount in _mounts.AsEnumerable().Reverse())
        {
            // Lazily, for a process that is still ending may have a file open.
            await RunAsync("umount", "--lazy", mount);
        }

        foreach (string device in _devices)
        {
            await RunAsync("losetup", "--detach", device);
        }
    }

    private static void WriteData(string directory, string name, string driver, string handle) =>
        File.WriteAllText(Path.Combine(directory, "vol_data.json"), JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["attachmentID"] = "csi-1",
            ["driverName"] = driver,
            ["nodeName"] = "node-1",
            ["specVolID"] = name,
            ["volumeHandle"] = handle,
            ["volumeLifecycleMode"] = "Persistent",
        }));

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        ProcessResult result = await ChildProcess.RunAsync(program, arguments, TimeSpan.FromSeconds(60));
        return result.ExitCode == 0
            ? result.StandardOutput
            : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{program} {string.Join(' ', arguments)}: {result.StandardError}"));
    }
}
