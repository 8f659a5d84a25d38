namespace K8sBackup.Model.Manifests;

/// <summary>The etcd member that a node's manifests describe.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataDir">Its data directory on the node.</param>
/// <param name="PeerUrls">Addresses it tells other members.</param>
public sealed record EtcdMemberFiles(string Name, string DataDir, IReadOnlyList<string> PeerUrls);
