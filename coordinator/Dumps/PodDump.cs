using K8sBackup.Coordinator.Hooks;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>A command in a pod whose standard output is the backup. Part of a run's record, so that whoever takes the run up can begin it anew.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Command">The command.</param>
/// <param name="File">Name of the one file of the snapshot.</param>
/// <param name="ErrorFails">True when anything on its standard error is a failure, whatever its exit code.</param>
public sealed record PodDump(PodReference Pod, HookCommand Command, string File, bool ErrorFails)
{
    /// <summary>Node in the names of such sources: they are read through the API server, wherever the pod runs, and keep their history when it moves.</summary>
    public const string Node = "pods";
}
