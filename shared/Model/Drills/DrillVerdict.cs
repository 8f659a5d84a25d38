using System.Text.Json.Serialization;

namespace K8sBackup.Model.Drills;

/// <summary>What a rehearsal said about a snapshot. One that could not be held says nothing, and is no record.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DrillVerdict>))]
public enum DrillVerdict
{
    /// <summary>What was restored is what was backed up.</summary>
    Passed = 1,

    /// <summary>It could not be restored, or is something else.</summary>
    Failed = 2,
}
