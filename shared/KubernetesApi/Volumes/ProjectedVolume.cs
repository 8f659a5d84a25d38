namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Files from several sources in one directory.</summary>
public sealed record ProjectedVolume
{
    public IReadOnlyList<ProjectedSource> Sources { get => field ?? []; init; }
}
