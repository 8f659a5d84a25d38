namespace K8sBackup.Repository.Writing;

/// <summary>A frame from an agent was not what it claimed. Nothing of it was taken, and the writer goes on.</summary>
public sealed class FrameRejectedException : Exception
{
    public FrameRejectedException(FrameRejection reason, string message, Exception? inner = null)
        : base($"{message} ({reason})", inner) => Reason = reason;

    /// <summary>The cause programs act on.</summary>
    public FrameRejection Reason { get; }

    /// <summary>Always true: the same frame is rejected again.</summary>
    public bool IsPermanent { get; } = true;
}
