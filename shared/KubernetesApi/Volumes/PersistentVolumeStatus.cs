namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>State of the storage.</summary>
public sealed record PersistentVolumeStatus
{
    /// <summary>Available, Bound, Released, Failed or Pending.</summary>
    public string Phase { get => field ?? ""; init; }

    public string Reason { get => field ?? ""; init; }

    public string Message { get => field ?? ""; init; }
}
