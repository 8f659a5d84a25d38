namespace K8sBackup.Etcd.Snapshots;

/// <summary>An alarm stored in the database or reported by a member.</summary>
/// <param name="MemberId">The member that raised it.</param>
/// <param name="Kind">Which alarm.</param>
public sealed record EtcdAlarmFact(ulong MemberId, EtcdAlarmKind Kind);
