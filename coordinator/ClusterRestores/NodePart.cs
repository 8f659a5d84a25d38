using System.Text.Json.Serialization;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>What a control-plane node has to do with a restore.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NodePart>))]
public enum NodePart
{
    /// <summary>It gets a member of the new cluster.</summary>
    Member,

    /// <summary>It is stopped, and joins the new cluster with nothing once that serves.</summary>
    Rejoin,

    /// <summary>It is kept out of the new cluster: its API server and etcd are stopped and stay so.</summary>
    Stopped,
}
