namespace K8sBackup.KubernetesApi.Resources;

/// <summary>What a watch tells.</summary>
public enum WatchChange
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing changed up to the object's resourceVersion, which is all it has.</summary>
    Bookmark,
}
