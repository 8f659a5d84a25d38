using K8sBackup.ObjectStore.Local;
using K8sBackup.ObjectStore.Measuring;
using K8sBackup.ObjectStore.ReadOnly;
using K8sBackup.ObjectStore.Retention;
using K8sBackup.ObjectStore.Retrying;
using K8sBackup.ObjectStore.S3;
using K8sBackup.ObjectStore.Throttling;

namespace K8sBackup.ObjectStore.Opening;

/// <summary>
/// The one place where a store is put together. From the inside out: the store, throttling, retrying (each attempt is
/// throttled; buckets only), measuring (a call with its attempts is one), read-only.
/// </summary>
public static class StoreFactory
{
    /// <summary>Opens the store; one that is to be written is probed first.</summary>
    /// <exception cref="ObjectStoreException">
    /// <see cref="ObjectStoreError.NotFound"/> when it is not there; <see cref="ObjectStoreError.Configuration"/> when the options make no
    /// sense; <see cref="ObjectStoreError.Unsuitable"/> when a repository must not be kept there; any other when it cannot be used.
    /// </exception>
    public static async Task<OpenedStore> OpenAsync(StoreOptions options, StoreUse use, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        StoreMeter meter = new();
        RetryPolicy policy = new(options.Retry, clock, new Random(), meter.CountRetry);
        S3Calls? calls = null;
        try
        {
            switch (options)
            {
                case { LocalPath: { } path, S3: null }:
                    return Compose(OpenLocal(path, use, options.Throttle, clock), null, policy, meter, options, use, [], null, clock);
                case { LocalPath: null, S3: { } bucket }:
                    calls = new S3Calls(bucket, options.Throttle, options.Throttle.ToThrottle(clock), clock);
                    (S3ObjectStore store, IReadOnlyList<string> warnings) = await OpenS3Async(calls, use, policy, cancellationToken);
                    IObjectRetention? retention = bucket.ObjectLock is not null && use != StoreUse.Read ? new RetryingRetention(store, policy) : null;
                    return Compose(store, retention, policy, meter, options, use, warnings, calls, clock);
                default:
                    throw new ObjectStoreException(ObjectStoreError.Configuration, "open", options.Description, "name either a directory or a bucket");
            }
        }
        catch
        {
            calls?.Dispose();
            meter.Dispose();
            throw;
        }
    }

    private static OpenedStore Compose(
        IObjectStore store,
        IObjectRetention? retention,
        RetryPolicy policy,
        StoreMeter meter,
        StoreOptions options,
        StoreUse use,
        IReadOnlyList<string> warnings,
        S3Calls? calls,
        TimeProvider clock)
    {
        // A disk that fails does not mend itself by being asked again.
        IObjectStore lasting = options.S3 is null ? store : new RetryingObjectStore(store, policy);
        IObjectStore composed = new MeasuringObjectStore(lasting, meter, clock);
        composed = use == StoreUse.Read ? new ReadOnlyObjectStore(composed) : composed;
        return new OpenedStore(composed, retention, meter, options, warnings, calls);
    }

    private static IObjectStore OpenLocal(string path, StoreUse use, ThrottleOptions limits, TimeProvider clock)
    {
        if (use != StoreUse.Create && !Directory.Exists(path))
        {
            throw new ObjectStoreException(ObjectStoreError.NotFound, "open", path, "there is no such store directory");
        }

        LocalObjectStore store = use == StoreUse.Read ? LocalObjectStore.OpenForReading(path, clock) : LocalObjectStore.Open(path, clock);
        StoreThrottle throttle = limits.ToThrottle(clock);
        return throttle.IsUnlimited ? store : new ThrottlingObjectStore(store, throttle);
    }

    private static async Task<(S3ObjectStore Store, IReadOnlyList<string> Warnings)> OpenS3Async(
        S3Calls calls, StoreUse use, RetryPolicy policy, CancellationToken cancellationToken)
    {
        S3Objects objects = new(calls);
        if (use == StoreUse.Read)
        {
            return (new S3ObjectStore(objects, new S3Capabilities()), []);
        }

        // A probe that was interrupted proves nothing, so all of it is done again.
        return await policy.RunAsync(
            "probe",
            async token =>
            {
                S3Probe probe = new(objects);
                S3Capabilities capabilities = await probe.RunAsync(token);
                return (new S3ObjectStore(objects, capabilities), probe.Warnings);
            },
            cancellationToken);
    }
}
