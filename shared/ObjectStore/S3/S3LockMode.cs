namespace K8sBackup.ObjectStore.S3;

/// <summary>Who may lift a retention early.</summary>
public enum S3LockMode
{
    /// <summary>Holders of a special permission.</summary>
    Governance = 1,

    /// <summary>Nobody.</summary>
    Compliance = 2,
}
