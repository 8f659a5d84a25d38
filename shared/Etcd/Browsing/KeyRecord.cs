namespace K8sBackup.Etcd.Browsing;

/// <summary>One key as a reader at some revision sees it.</summary>
public sealed record KeyRecord
{
    /// <summary>The key, any bytes.</summary>
    public required ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>The value, any bytes.</summary>
    public required ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>Revision at which the key came to be.</summary>
    public required long CreateRevision { get; init; }

    /// <summary>Revision of its last change; Kubernetes shows it as resourceVersion.</summary>
    public required long ModRevision { get; init; }

    /// <summary>Changes since creation, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>Lease the key hangs on, 0 for none.</summary>
    public required long Lease { get; init; }
}
