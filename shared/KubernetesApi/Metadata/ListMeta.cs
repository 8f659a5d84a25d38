namespace K8sBackup.KubernetesApi.Metadata;

/// <summary>Version of a list, and the token of its next page.</summary>
public sealed record ListMeta
{
    public string ResourceVersion { get => field ?? ""; init; }

    /// <summary>Empty on the last page.</summary>
    public string Continue { get => field ?? ""; init; }

    public long? RemainingItemCount { get; init; }
}
