namespace K8sBackup.Repository.Keys;

/// <summary>What opens a key slot. The numbers are stored.</summary>
public enum KeySlotKind
{
    /// <summary>A random key in a file, as kept in a Kubernetes Secret.</summary>
    KeyFile = 1,

    /// <summary>A passphrase people keep; counts as recovery.</summary>
    Passphrase = 2,

    /// <summary>The private half of a key pair kept offline; counts as recovery.</summary>
    RecoveryKey = 3,
}
