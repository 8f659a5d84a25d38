using System.Text.Json.Serialization;

namespace K8sBackup.Coordinator.Drills;

/// <summary>Where a drill is. The numbers are those of the operator's API.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DrillState>))]
public enum DrillState
{
    Waiting = 1,
    Running = 2,
    Passed = 3,
    Failed = 4,

    /// <summary>It says nothing about the restore point.</summary>
    NotHeld = 5,
}
