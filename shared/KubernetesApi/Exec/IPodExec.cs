using K8sBackup.KubernetesApi.Failures;

namespace K8sBackup.KubernetesApi.Exec;

/// <summary>Running commands in pods. Thread-safe. Needs the verbs get and create on pods/exec.</summary>
public interface IPodExec
{
    /// <summary>
    /// Runs the command to its end and gives its exit code. Everything it wrote has been written to the streams by then. Whatever keeps
    /// it from saying how it ended is a <see cref="KubernetesException"/>: a pod or container that is not there or not running, a connection
    /// that broke, a time that is over. Never repeated. What a stream throws comes out as it is.
    /// </summary>
    Task<int> RunAsync(PodCommand command, PodStreams streams, CancellationToken cancellationToken);
}
