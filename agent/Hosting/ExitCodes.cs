namespace K8sBackup.Agent.Hosting;

/// <summary>What the process tells its caller; described in --help.</summary>
internal static class ExitCodes
{
    public const int Stopped = 0;
    public const int UnexpectedFailure = 1;
    public const int FaultyConfiguration = 2;

    /// <summary>The token is of no use; only a new one helps, so trying again would hide the fault.</summary>
    public const int EnrolmentRefused = 3;
}
