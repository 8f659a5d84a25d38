namespace K8sBackup.TestKit.Processes;

/// <summary>A test that traces processes; left out, with the reason, where that is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StraceFactAttribute : FactAttribute
{
    public StraceFactAttribute() => Skip = Strace.MissingBecause;
}
