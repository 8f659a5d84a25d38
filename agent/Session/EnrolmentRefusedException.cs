namespace K8sBackup.Agent.Session;

/// <summary>The coordinator will not take this node as it is: trying again with the same token cannot help.</summary>
internal sealed class EnrolmentRefusedException : Exception
{
    public EnrolmentRefusedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
