using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Download;

/// <summary>The items of one restore in order.</summary>
internal interface IRestoreItems
{
    /// <summary>The next item; null behind the last. The item is valid until the next call.</summary>
    ValueTask<RestoreItem?> NextAsync(CancellationToken cancellationToken);
}
