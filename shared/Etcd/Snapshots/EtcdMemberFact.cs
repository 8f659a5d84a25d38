namespace K8sBackup.Etcd.Snapshots;

/// <summary>A member as the database lists it.</summary>
/// <param name="Id">Member id.</param>
/// <param name="Name">Member name; empty before its first start.</param>
/// <param name="PeerUrls">URLs the other members reach it at.</param>
/// <param name="ClientUrls">URLs clients reach it at; empty before its first start.</param>
/// <param name="IsLearner">True for a member without a vote.</param>
public sealed record EtcdMemberFact(
    ulong Id, string Name, IReadOnlyList<string> PeerUrls, IReadOnlyList<string> ClientUrls, bool IsLearner);
