namespace K8sBackup.Etcd.Discovery;

/// <summary>A directory or file of the host as the etcd container sees it.</summary>
/// <param name="ContainerPath">Path in the container.</param>
/// <param name="HostPath">Path on the host.</param>
public sealed record HostMount(string ContainerPath, string HostPath);
