namespace K8sBackup.Etcd.Booting;

/// <summary>Why a data-dir was not proved by starting an etcd on it.</summary>
public enum BootTestFault
{
    /// <summary>There is no etcd program, or it does not run here.</summary>
    BinaryUnusable,

    /// <summary>The scratch directory exists already and is not empty, or cannot be written.</summary>
    ScratchUnusable,

    /// <summary>A private network namespace is required and was not permitted.</summary>
    NotIsolated,

    /// <summary>The server ended before it served.</summary>
    ServerEnded,

    /// <summary>The server did not serve within the time allowed, or stopped answering.</summary>
    NotServing,

    /// <summary>Cluster or member id are not those the data-dir was built with.</summary>
    IdentityDiffers,

    /// <summary>Revision or compact revision are not the predicted ones.</summary>
    RevisionDiffers,

    /// <summary>HashKV is not the predicted one.</summary>
    HashDiffers,

    /// <summary>The number of keys is not the predicted one.</summary>
    KeyCountDiffers,

    /// <summary>A key reads otherwise than the database has it.</summary>
    ObjectDiffers,

    /// <summary>The server raised an alarm.</summary>
    AlarmRaised,
}
