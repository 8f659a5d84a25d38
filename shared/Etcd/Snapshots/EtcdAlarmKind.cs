namespace K8sBackup.Etcd.Snapshots;

/// <summary>Alarms a member can raise; numbers as on the wire.</summary>
public enum EtcdAlarmKind
{
    /// <summary>No alarm, or one this library does not know.</summary>
    None = 0,

    /// <summary>The database reached its quota; the cluster refuses writes until the alarm is disarmed.</summary>
    NoSpace = 1,

    /// <summary>A member found its data different from the others'.</summary>
    Corrupt = 2,
}
