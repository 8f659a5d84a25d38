using K8sBackup.Agent.ControlPlaneFiles.Facts;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>The node's control-plane files as a source: discovered anew for every attempt, paths relative to the host root.</summary>
internal sealed class ControlPlaneSource : IBackupSource
{
    private readonly BackupTask _task;
    private readonly HostRoot _host;
    private readonly ControlPlaneDiscovery _discovery;
    private readonly FactCollector _facts;
    private readonly FilesWatch _watch;
    private readonly TreeSource _tree;

    public ControlPlaneSource(
        BackupTask task, HostRoot host, ControlPlaneDiscovery discovery, FactCollector facts, FilesWatch watch, TreeSource tree)
    {
        _task = task;
        _host = host;
        _discovery = discovery;
        _facts = facts;
        _watch = watch;
        _tree = tree;
    }

    public Task PrepareAsync(WorkMeter meter, CancellationToken cancellationToken)
    {
        if (Discover().Paths.Count == 0)
        {
            throw new BackupException(FailureCause.SourceMissing, "There are no control-plane files on the node: no /etc/kubernetes, and nothing the plan adds.");
        }

        return Task.CompletedTask;
    }

    public async Task<Finish> CaptureAsync(CaptureContext context, CancellationToken cancellationToken)
    {
        string state = _watch.Look();
        ControlPlaneInventory inventory = Discover();
        // The node's directories may be mounts of their own; nothing but the wanted paths is entered.
        WalkOptions walk = new() { CrossMounts = true, Included = new IncludedPaths(inventory.Paths).Contains };
        try
        {
            using SafeFileHandle root = DirectoryHandles.OpenRoot(_host.Path);
            string name = SourceMapping.ToModel(_task.Source).ToString();
            Finish finish = await _tree.CaptureAsync(name, "/", root, walk, inventory.Missing, context, cancellationToken);
            finish.ControlPlane = ControlPlaneMapping.ToWire(await Task.Run(_facts.Collect, cancellationToken));
            _watch.Captured(state);
            return finish;
        }
        catch (LinuxException e)
        {
            throw new BackupException(FailureCause.SourceUnreadable, $"The host root cannot be opened: {e.Message}", e);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ControlPlaneInventory Discover() => _discovery.Discover(_task.ControlPlane is { } options ? [.. options.ExtraPaths] : []);
}
