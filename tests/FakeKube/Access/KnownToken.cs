namespace K8sBackup.FakeKube.Access;

/// <summary>A bearer token and whose it is; what a TokenReview of it says.</summary>
public sealed record KnownToken
{
    public required string Username { get; init; }

    public string Uid { get; init; } = "";

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Pod, node and credential of a service account's token, <c>authentication.kubernetes.io/pod-name</c> for example.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>For whom the token is; empty for the API server itself.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>May do what rules allow and nothing else; others may do everything.</summary>
    public bool IsLimited { get; init; }

    /// <summary>
    /// The pod the token is bound to, as <c>namespace/name/uid</c>: without that pod the token is void. Empty for none.
    /// </summary>
    public string BoundPod { get; init; } = "";
}
