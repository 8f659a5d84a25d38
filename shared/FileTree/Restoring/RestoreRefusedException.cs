namespace K8sBackup.FileTree.Restoring;

/// <summary>Ends the restore of one entry with a cause; never leaves this folder.</summary>
internal sealed class RestoreRefusedException : Exception
{
    public RestoreRefusedException(RestoreOutcome outcome, RestoreCause cause, string reason)
        : base(reason)
    {
        Outcome = outcome;
        Cause = cause;
    }

    public RestoreOutcome Outcome { get; }

    public RestoreCause Cause { get; }
}
