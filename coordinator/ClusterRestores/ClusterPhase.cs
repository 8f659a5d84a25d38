using System.Text.Json.Serialization;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>
/// Where the restore of a cluster's etcd is. The numbers are those of the operator's API. Each phase is one step on every
/// node it concerns, and the next begins when all of them are done.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClusterPhase>))]
public enum ClusterPhase
{
    Inspecting = 1,

    /// <summary>Waits for the operator's word. Nothing was touched.</summary>
    Planned = 2,
    Staging = 3,
    BootTesting = 4,
    StoppingApiServers = 5,
    StoppingEtcd = 6,
    Swapping = 7,
    StartingEtcd = 8,
    Checking = 9,

    /// <summary>From here on there is no way back: somebody may have read and written the restored data.</summary>
    StartingApiServers = 10,
    Bouncing = 11,
    Finishing = 12,
    RollingBack = 13,
    Releasing = 14,
    Over = 15,

    /// <summary>Behind the bouncing: nodes that were stopped become members again.</summary>
    Joining = 16,
}
