namespace K8sBackup.ObjectStore.S3;

/// <summary>What is done on an endpoint that ignores conditions on writes.</summary>
public enum S3ConditionalWrites
{
    /// <summary>It is refused.</summary>
    Required = 1,

    /// <summary>
    /// The store asks before it writes. That is safe only while one process writes; two coordinators on such a bucket can
    /// overwrite each other's objects.
    /// </summary>
    SingleWriter = 2,
}
