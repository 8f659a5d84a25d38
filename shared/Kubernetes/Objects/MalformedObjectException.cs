namespace K8sBackup.Kubernetes.Objects;

/// <summary>A value begins like an object and is none.</summary>
internal sealed class MalformedObjectException : Exception
{
    public MalformedObjectException(string message)
        : base(message)
    {
    }

    public MalformedObjectException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
