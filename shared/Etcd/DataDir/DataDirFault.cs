namespace K8sBackup.Etcd.DataDir;

/// <summary>Why work on a data-dir was refused or failed.</summary>
public enum DataDirFault
{
    /// <summary>Names, peer URLs or the token do not make a cluster.</summary>
    InvalidMembership,

    /// <summary>The target etcd is older than the data; it would start and misread it.</summary>
    TargetTooOld,

    /// <summary>The revision asked for is not in the snapshot's history, or cannot be raised.</summary>
    RevisionUnavailable,

    /// <summary>The file system has too little room for the work.</summary>
    NotEnoughSpace,

    /// <summary>The directory to build in exists already and is not empty.</summary>
    StageNotEmpty,

    /// <summary>What was written reads back differently from what was meant.</summary>
    VerificationFailed,

    /// <summary>A WAL or snap file is not well-formed.</summary>
    FileCorrupt,

    /// <summary>A running etcd holds the data-dir.</summary>
    InUse,

    /// <summary>The staged member directory to swap in does not exist.</summary>
    StageMissing,

    /// <summary>A member directory stands where the swap needs room: an etcd was started meanwhile, or the id was used before.</summary>
    Obstructed,

    /// <summary>Another swap in this data-dir was interrupted and must be resumed or rolled back first.</summary>
    OtherSwapUnfinished,

    /// <summary>The journal of the swap is missing or unreadable.</summary>
    JournalUnusable,
}
