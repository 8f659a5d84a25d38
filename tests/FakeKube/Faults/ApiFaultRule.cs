namespace K8sBackup.FakeKube.Faults;

/// <summary>Trouble on command: what it hits, how often, and what it is.</summary>
public sealed record ApiFaultRule
{
    /// <summary>HTTP method; empty for any.</summary>
    public string Method { get; init; } = "";

    /// <summary>Part of path and query; empty for any.</summary>
    public string PathContains { get; init; } = "";

    /// <summary>How many requests it hits.</summary>
    public int Times { get; init; } = 1;

    /// <summary>Answered with this status; 0 breaks the connection.</summary>
    public int Code { get; init; }

    public int? RetryAfterSeconds { get; init; }

    /// <summary>The other way to say it, which proxies use.</summary>
    public DateTimeOffset? RetryAfterAt { get; init; }

    /// <summary>The request is carried out all the same, and only the answer is replaced.</summary>
    public bool AfterTheWork { get; init; }
}
