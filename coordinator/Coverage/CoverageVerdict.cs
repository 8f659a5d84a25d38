namespace K8sBackup.Coordinator.Coverage;

/// <summary>What plans make of something.</summary>
public enum CoverageVerdict
{
    /// <summary>One takes it.</summary>
    Taken = 1,

    /// <summary>It is left out on purpose.</summary>
    LeftOut = 2,

    /// <summary>It is wanted and cannot be read, or nobody thought of it.</summary>
    Missed = 3,
}
