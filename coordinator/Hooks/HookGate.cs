using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Hooks;

/// <summary>Whether a source may be read, as far as its pod's hooks go.</summary>
/// <param name="IsOpen">True when it may be read now.</param>
/// <param name="Failure">Set when it is not to be read at all.</param>
public readonly record struct HookGate(bool IsOpen, Failure? Failure)
{
    public static HookGate Open => new(true, null);

    public static HookGate Closed => new(false, null);

    public static HookGate Refused(Failure failure) => new(false, failure);
}
