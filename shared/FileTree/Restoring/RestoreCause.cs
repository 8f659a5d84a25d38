namespace K8sBackup.FileTree.Restoring;

/// <summary>Why an entry was not restored.</summary>
public enum RestoreCause
{
    None = 0,

    /// <summary>Skipped: something with that name exists.</summary>
    AlreadyThere,

    /// <summary>Skipped: sockets never, devices and fifos by option.</summary>
    NotRestoredByChoice,

    /// <summary>The snapshot does not hold it: it was unreadable or vanished when the snapshot was taken, or (skipped) left out by a rule.</summary>
    NotInSnapshot,

    /// <summary>The entry cannot be part of a tree: its path, place or values. Nothing was written for it.</summary>
    InvalidEntry,

    /// <summary>The directory it lies in was not restored.</summary>
    DirectoryMissing,

    /// <summary>Something stands in its place that is not replaced: a directory, or another mount.</summary>
    InTheWay,

    /// <summary>The file it is a further name of was not restored by this restore.</summary>
    LinkTargetMissing,

    /// <summary>No room, or no quota, left on the target.</summary>
    NoSpace,

    /// <summary>The data did not arrive whole.</summary>
    DataMissing,

    /// <summary>The system refused; the reason has its words.</summary>
    SystemError,
}
