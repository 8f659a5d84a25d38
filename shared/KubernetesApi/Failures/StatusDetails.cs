namespace K8sBackup.KubernetesApi.Failures;

/// <summary>What a failure was about.</summary>
public sealed record StatusDetails
{
    public string Name { get => field ?? ""; init; }

    public string Group { get => field ?? ""; init; }

    public string Kind { get => field ?? ""; init; }

    public string Uid { get => field ?? ""; init; }

    public int? RetryAfterSeconds { get; init; }

    public IReadOnlyList<StatusCause> Causes { get => field ?? []; init; }
}
