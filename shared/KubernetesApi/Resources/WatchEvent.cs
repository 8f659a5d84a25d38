namespace K8sBackup.KubernetesApi.Resources;

/// <summary>One change; of a deleted object, its last state.</summary>
public readonly record struct WatchEvent<T>(WatchChange Change, T Item);
