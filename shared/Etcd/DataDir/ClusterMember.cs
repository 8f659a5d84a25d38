namespace K8sBackup.Etcd.DataDir;

/// <summary>A member with its identity.</summary>
/// <param name="Id">Member id, a function of peer URLs and cluster token.</param>
/// <param name="Name">Member name.</param>
/// <param name="PeerUrls">Normalised and sorted peer URLs.</param>
public sealed record ClusterMember(ulong Id, string Name, IReadOnlyList<string> PeerUrls);
