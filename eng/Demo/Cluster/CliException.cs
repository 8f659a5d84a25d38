using K8sBackup.TestKit.Processes;

namespace K8sBackup.Demo.Cluster;

/// <summary>A k8sbackup command that should have succeeded did not.</summary>
internal sealed class CliException : Exception
{
    public CliException(IEnumerable<string> arguments, ProcessResult result)
        : base($"k8sbackup {string.Join(' ', arguments)} ended with {result.ExitCode}:\n{result.StandardError}{result.StandardOutput}") => Result = result;

    public ProcessResult Result { get; }
}
