namespace K8sBackup.Agent.Hosting;

/// <summary>The exit code the process will end with.</summary>
internal sealed class ExitStatus
{
    public int Code { get; set; }
}
