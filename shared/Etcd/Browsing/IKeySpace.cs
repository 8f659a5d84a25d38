namespace K8sBackup.Etcd.Browsing;

/// <summary>The keys alive at one revision, wherever they are read from.</summary>
public interface IKeySpace
{
    /// <summary>The keys of a stretch in byte order, each with its value, one at a time.</summary>
    IAsyncEnumerable<KeyRecord> ReadAsync(KeyRange range, CancellationToken cancellationToken);
}
