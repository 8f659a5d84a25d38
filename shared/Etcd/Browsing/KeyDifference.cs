namespace K8sBackup.Etcd.Browsing;

/// <summary>A key that is not the same in two key spaces.</summary>
/// <param name="Before">The key in the first; null when it is not there.</param>
/// <param name="After">The key in the second; null when it is not there.</param>
public sealed record KeyDifference(KeyRecord? Before, KeyRecord? After)
{
    /// <summary>The key.</summary>
    public ReadOnlyMemory<byte> Key => (Before ?? After)!.Key;
}
