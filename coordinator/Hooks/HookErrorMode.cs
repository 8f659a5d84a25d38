using System.Text.Json.Serialization;

namespace K8sBackup.Coordinator.Hooks;

/// <summary>What follows when a hook's command fails.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HookErrorMode>))]
public enum HookErrorMode
{
    /// <summary>The pod's volumes are not read, or, after they were, the run is not complete.</summary>
    Fail = 0,

    /// <summary>It is noted in the run, and the backup goes on.</summary>
    Continue = 1,
}
