namespace K8sBackup.TestKit.Processes;

/// <summary>As <see cref="StraceFactAttribute"/>, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StraceTheoryAttribute : TheoryAttribute
{
    public StraceTheoryAttribute() => Skip = Strace.MissingBecause;
}
