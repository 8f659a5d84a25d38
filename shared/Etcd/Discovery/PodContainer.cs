namespace K8sBackup.Etcd.Discovery;

/// <summary>A container of a static pod, as far as it matters for files and flags.</summary>
public sealed record PodContainer
{
    /// <summary>The container's name; empty when it has none.</summary>
    public required string Name { get; init; }

    /// <summary>The image; empty when there is none.</summary>
    public required string Image { get; init; }

    /// <summary>Its command and arguments.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>Variables with the values written in the manifest.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; }

    /// <summary>Host paths it sees.</summary>
    public required IReadOnlyList<HostMount> Mounts { get; init; }

    /// <summary>The user it runs as, as written; null when the manifest does not say.</summary>
    public required string? RunAsUser { get; init; }

    /// <summary>The group, likewise.</summary>
    public required string? RunAsGroup { get; init; }

    /// <summary>Flags in the order they are written, with where their paths are on the node.</summary>
    public IEnumerable<PodFlag> Flags => CommandLine.Flags(Words)
        .Select(flag => new PodFlag(flag.Key, flag.Value, flag.Value.StartsWith('/') ? HostMount.ToHostPath(Mounts, flag.Value) : null));
}
