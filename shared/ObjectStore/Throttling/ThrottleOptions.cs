namespace K8sBackup.ObjectStore.Throttling;

/// <summary>Limits on what goes to and comes from a store; null where there is none.</summary>
public sealed record ThrottleOptions(long? UploadBytesPerSecond = null, long? DownloadBytesPerSecond = null)
{
    /// <summary>The rates, to be shared by all that use the store.</summary>
    public StoreThrottle ToThrottle(TimeProvider clock) => new(
        UploadBytesPerSecond is { } up ? new ByteRate(up, clock) : null,
        DownloadBytesPerSecond is { } down ? new ByteRate(down, clock) : null);
}
