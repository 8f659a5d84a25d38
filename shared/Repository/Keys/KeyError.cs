namespace K8sBackup.Repository.Keys;

/// <summary>Why a key operation failed.</summary>
public enum KeyError
{
    Unspecified = 0,

    /// <summary>The key text or file is not complete or has a wrong character: it is damaged, not merely another key.</summary>
    Damaged = 1,

    /// <summary>The key or passphrase is well-formed and opens no slot of this repository.</summary>
    WrongKey = 2,

    /// <summary>The repository has no slot of the kind that was offered.</summary>
    NoSuchSlot = 3,

    /// <summary>Fewer slots, or no recovery slot, would be left than the repository must have.</summary>
    TooFewSlots = 4,

    /// <summary>The key does not meet the rules, for example a passphrase that is too short.</summary>
    Unusable = 5,

    /// <summary>The slot is from before the data key the repository uses now.</summary>
    Outdated = 6,

    /// <summary>A slot would be left without a new data key, because nothing that opens it was given.</summary>
    SlotLeftBehind = 7,
}
