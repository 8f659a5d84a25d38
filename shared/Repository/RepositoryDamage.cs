namespace K8sBackup.Repository;

/// <summary>What is wrong with something in the store.</summary>
public enum RepositoryDamage
{
    Unspecified = 0,

    /// <summary>The object or chunk is not there.</summary>
    Missing = 1,

    /// <summary>The object is shorter or longer than it must be.</summary>
    WrongLength = 2,

    /// <summary>The bytes are not of the form they claim: wrong magic, impossible numbers, bad checksum.</summary>
    Malformed = 3,

    /// <summary>The bytes are not those that were sealed: damaged, forged, or of another place or repository.</summary>
    NotAuthentic = 4,

    /// <summary>The object is well-formed and belongs under another name or type.</summary>
    Misplaced = 5,

    /// <summary>The bytes were sealed by this repository and contradict what is known about them.</summary>
    Inconsistent = 6,

    /// <summary>The object was written by a newer format version than this program reads.</summary>
    UnsupportedVersion = 7,

    /// <summary>The store answers and does not give this object out: a disk error below it, or a right that is missing.</summary>
    Unreadable = 8,
}
