namespace K8sBackup.Etcd.Browsing;

/// <summary>How much of the keys is in memory at once. What does not fit is read in a further pass over the file.</summary>
public sealed record BrowseLimits
{
    /// <summary>Longest key read. etcd takes requests of 1.5 MiB, Kubernetes' keys have a few hundred bytes.</summary>
    public const int KeyLengthMax = 2 << 20;

    /// <summary>Least a window can work with: two of the longest keys.</summary>
    public const int KeyBytesMin = 2 * KeyLengthMax;

    /// <summary>Distinct keys in memory, 40 bytes each besides the key itself.</summary>
    public int KeysMax { get; init; } = 1 << 20;

    /// <summary>Bytes of keys in memory.</summary>
    public int KeyBytesMax { get; init; } = 64 << 20;
}
