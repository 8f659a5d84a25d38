using System.Text.Json.Serialization;

namespace K8sBackup.Coordinator.Hooks;

/// <summary>How far the hooks of one pod are in a run. Saved before what it names begins.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HookState>))]
public enum HookState
{
    /// <summary>Nothing was run yet.</summary>
    Waiting = 0,

    /// <summary>The commands before the backup run, or did when the coordinator ended.</summary>
    Preparing = 1,

    /// <summary>The pod is ready to be read.</summary>
    Prepared = 2,

    /// <summary>A command before the backup failed; the pod's volumes are not read.</summary>
    Refused = 3,

    /// <summary>The commands after the backup run, or did when the coordinator ended.</summary>
    Releasing = 4,

    /// <summary>Over.</summary>
    Released = 5,
}
