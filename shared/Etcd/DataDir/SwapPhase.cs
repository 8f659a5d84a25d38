namespace K8sBackup.Etcd.DataDir;

/// <summary>How far a swap is, as its journal says.</summary>
public enum SwapPhase
{
    /// <summary>The moves are under way; resume or roll back.</summary>
    SwappingIn,

    /// <summary>The new member stands in place, the old one is kept.</summary>
    SwappedIn,

    /// <summary>The moves are being undone; only resuming that is possible.</summary>
    RollingBack,

    /// <summary>The old member stands in place again, the new one is back in its stage.</summary>
    RolledBack,
}
