namespace K8sBackup.Etcd.Discovery;

/// <summary>A static-pod manifest could not be understood. Permanent until somebody changes the file.</summary>
public sealed class StaticPodException : Exception
{
    /// <summary>Names the file and what is wrong with it.</summary>
    public StaticPodException(string file, string reason)
        : base($"{file}: {reason}")
    {
        File = file;
        Reason = reason;
    }

    /// <summary>Names the file and keeps the parser's error.</summary>
    public StaticPodException(string file, string reason, Exception inner)
        : base($"{file}: {reason}", inner)
    {
        File = file;
        Reason = reason;
    }

    /// <summary>The manifest.</summary>
    public string File { get; }

    /// <summary>What is wrong.</summary>
    public string Reason { get; }
}
