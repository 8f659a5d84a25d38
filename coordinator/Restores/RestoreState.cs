using System.Text.Json.Serialization;

namespace K8sBackup.Coordinator.Restores;

/// <summary>Where a restore is. The numbers are those of the operator's API.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RestoreState>))]
public enum RestoreState
{
    /// <summary>The node's agent has not begun.</summary>
    Waiting = 1,
    Running = 2,
    Completed = 3,

    /// <summary>It came to its end, and some items could not be restored.</summary>
    PartiallyFailed = 4,
    Failed = 5,
    Cancelled = 6,
}
