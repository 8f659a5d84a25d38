namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>What is known of the snapshot a cluster is restored from.</summary>
/// <param name="Revision">Its revision.</param>
/// <param name="DatabaseBytes">Length of its database.</param>
/// <param name="DataVersion">Version its data belongs to, as far as recorded; may be empty.</param>
/// <param name="TakenAt">When it was taken.</param>
/// <param name="MemberNames">Members recorded in it.</param>
public sealed record SnapshotEvidence(long Revision, long DatabaseBytes, string DataVersion, DateTimeOffset TakenAt, IReadOnlyList<string> MemberNames);
