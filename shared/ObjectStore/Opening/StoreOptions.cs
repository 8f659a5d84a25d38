using K8sBackup.ObjectStore.Retrying;
using K8sBackup.ObjectStore.S3;
using K8sBackup.ObjectStore.Throttling;

namespace K8sBackup.ObjectStore.Opening;

/// <summary>Where a store is and how it is to be used: everything <see cref="StoreFactory"/> needs. Without secrets.</summary>
public sealed record StoreOptions
{
    /// <summary>Directory of a local store; absolute.</summary>
    public string? LocalPath { get; init; }

    /// <summary>A bucket; exactly one of this and <see cref="LocalPath"/> is set.</summary>
    public S3Options? S3 { get; init; }

    /// <summary>Limits on the bytes that go and come.</summary>
    public ThrottleOptions Throttle { get; init; } = new();

    /// <summary>How long a store that does not answer is asked again.</summary>
    public RetryOptions Retry { get; init; } = RetryOptions.Default;

    /// <summary>The place as people know it.</summary>
    public string Description => LocalPath ?? S3?.Description ?? "nowhere";

    /// <summary>A store in a directory.</summary>
    public static StoreOptions ForLocal(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new StoreOptions { LocalPath = Path.GetFullPath(path) };
    }
}
