namespace K8sBackup.Coordinator.Resources;

/// <summary>The cluster's etcd.</summary>
public sealed record EtcdRestore
{
    public string Name { get => field ?? ""; init; }

    public string Node { get => field ?? ""; init; }

    public IReadOnlyList<string> Nodes { get => field ?? []; init; }

    public IReadOnlyList<string> LostNodes { get => field ?? []; init; }

    public long Revision { get; init; }

    public long RevisionBump { get; init; }

    public string TargetVersion { get => field ?? ""; init; }

    public bool AcceptSuspect { get; init; }

    public bool Rejoin { get; init; }

    /// <summary>The cluster's name, typed.</summary>
    public string ConfirmCluster { get => field ?? ""; init; }
}
