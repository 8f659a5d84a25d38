using K8sBackup.Coordinator.Fleet;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>For run engines without a repository: nobody dumps.</summary>
public sealed class NoPodDumps : IPodDumps
{
    public Task TakeAsync(WorkItem item, Action<string> note, CancellationToken stopping) =>
        throw new InvalidOperationException("Dumps need a repository to go to.");
}
