namespace K8sBackup.KubernetesApi.Client;

/// <summary>Bounds of a client. The defaults suit a controller that is a good guest.</summary>
public sealed record KubernetesClientOptions
{
    /// <summary>Requests a second in the long run; kubectl's is 50, a controller's in client-go 20.</summary>
    public double RequestsPerSecond { get; init; } = 20;

    /// <summary>Requests at once after a quiet time.</summary>
    public int Burst { get; init; } = 40;

    /// <summary>For one attempt, answer included. Watches and exec are as long as they are.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Attempts of one call.</summary>
    public int AttemptsMax { get; init; } = 5;

    /// <summary>The first pause between attempts; each is twice the one before, and a random part of it is waited.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(250);

    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A server that asks for a longer pause is not waited for: the call fails and says so.</summary>
    public TimeSpan RetryAfterMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Of one answer: a page of 500 objects of the largest size seen in practice, with room.</summary>
    public int AnswerBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Of one change in a watch. Objects are at most 1.5 MiB in etcd.</summary>
    public int ChangeBytesMax { get; init; } = 8 * 1024 * 1024;

    /// <summary>A watch that says nothing this long after the server should have ended it is dead.</summary>
    public TimeSpan WatchGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A command may be silent for long; that its connection lives is asked for this often.</summary>
    public TimeSpan ExecPing { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A connection that does not answer for this long is dead. The answer comes behind all output that is not taken yet: whoever takes it may stand
    /// still for as long, as a store does that is tried again.
    /// </summary>
    public TimeSpan ExecPatience { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Named in the server's audit log.</summary>
    public string UserAgent { get; init; } = "k8s-backup-agent";
}
