namespace K8sBackup.Etcd.DataDir;

/// <summary>A member the restored cluster is to have.</summary>
/// <param name="Name">Its name, as the --name flag of its etcd says.</param>
/// <param name="PeerUrls">Its advertised peer URLs, in any order and spelling.</param>
public sealed record InitialMember(string Name, IReadOnlyList<string> PeerUrls);
