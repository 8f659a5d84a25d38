namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Fields of the pod as files. What they are does not matter here.</summary>
public sealed record DownwardApiVolume;
