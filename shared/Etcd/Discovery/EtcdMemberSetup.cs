using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Discovery;

/// <summary>
/// All a backup or restore needs to know of the etcd member on this node: read from its static pod, or configured directly
/// where there is none. Paths are those this process can open.
/// </summary>
public sealed record EtcdMemberSetup
{
    /// <summary>Member name.</summary>
    public required string Name { get; init; }

    /// <summary>Where to call the member.</summary>
    public required EtcdEndpoint Endpoint { get; init; }

    /// <summary>The data-dir, parent of <c>member</c>.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The WAL directory when it is kept apart, else null.</summary>
    public string? WalDirectory { get; init; }

    /// <summary>Advertised peer URLs: with the token they make the member's id in a restored cluster.</summary>
    public IReadOnlyList<string> PeerUrls { get; init; } = [];

    /// <summary>User and group etcd runs as, null for root.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>Version by the image's tag, null when it tells none.</summary>
    public EtcdVersion? ImageVersion { get; init; }
}
