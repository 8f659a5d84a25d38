namespace K8sBackup.Coordinator.Coverage;

/// <summary>Whether something can be had back.</summary>
public enum CoverageState
{
    /// <summary>A plan takes it, and there is a complete snapshot.</summary>
    Protected = 1,

    /// <summary>Left out by a rule, or because there is nothing in it that is not elsewhere.</summary>
    Excluded = 2,

    /// <summary>Neither: nobody decided to leave it out, and it cannot be had back.</summary>
    Unprotected = 3,
}
