namespace K8sBackup.Etcd.Discovery;

/// <summary>A directory or file of the host as a container sees it.</summary>
/// <param name="ContainerPath">Path in the container.</param>
/// <param name="HostPath">Path on the host.</param>
public sealed record HostMount(string ContainerPath, string HostPath)
{
    /// <summary>Where a container's path is on the host: the deepest mount above it wins, as in the container. Null when none is.</summary>
    public static string? ToHostPath(IEnumerable<HostMount> mounts, string path)
    {
        ArgumentNullException.ThrowIfNull(mounts);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var mount = mounts
            .Where(each => path == each.ContainerPath.TrimEnd('/') || path.StartsWith(each.ContainerPath.TrimEnd('/') + "/", StringComparison.Ordinal))
            .MaxBy(each => each.ContainerPath.Length);
        return mount is null ? null : mount.HostPath.TrimEnd('/') + path[mount.ContainerPath.TrimEnd('/').Length..];
    }
}
