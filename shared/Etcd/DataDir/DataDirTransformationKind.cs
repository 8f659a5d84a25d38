using System.Text.Json.Serialization;

namespace K8sBackup.Etcd.DataDir;

/// <summary>A way in which a restored database differs from its snapshot. The names are stored in reports: they stay.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DataDirTransformationKind>))]
public enum DataDirTransformationKind
{
    /// <summary>Members, ids, raft term and index are those of the new cluster.</summary>
    MembershipReplaced,

    /// <summary>Changes after the chosen revision are left out.</summary>
    HistoryDropped,

    /// <summary>Leases that ended between the chosen revision and the snapshot are granted again for a short time.</summary>
    LeasesRegranted,

    /// <summary>Addresses of API servers of the old time are left out.</summary>
    MasterLeasesDropped,

    /// <summary>The revision jumps ahead, and everything before is marked compacted.</summary>
    RevisionBumped,

    /// <summary>Alarms are cleared.</summary>
    AlarmsCleared,

    /// <summary>A downgrade under way is forgotten.</summary>
    DowngradeCleared,

    /// <summary>Pages not in use, with what was deleted, are left out.</summary>
    FreePagesDropped,
}
