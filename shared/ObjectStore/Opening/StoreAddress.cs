using K8sBackup.ObjectStore.S3;

namespace K8sBackup.ObjectStore.Opening;

/// <summary>Reads the short form of a store's place: a directory, or <c>s3://bucket/prefix</c>.</summary>
public static class StoreAddress
{
    private const string S3Scheme = "s3://";

    /// <summary>The options with what the address says; the rest of <paramref name="s3"/> completes a bucket.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreError.Configuration"/>: the address or the options make no sense.</exception>
    public static StoreOptions Parse(string address, S3Options s3)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(s3);
        if (!address.StartsWith(S3Scheme, StringComparison.Ordinal))
        {
            return address.Contains("://", StringComparison.Ordinal) || address.Length == 0
                ? throw new ObjectStoreException(ObjectStoreError.Configuration, "open", address, "a directory or s3://BUCKET/PREFIX is expected")
                : StoreOptions.ForLocal(address);
        }

        string[] parts = address[S3Scheme.Length..].TrimEnd('/').Split('/', 2);
        S3Options options = s3 with { Bucket = parts[0], Prefix = parts.Length > 1 ? parts[1] : "" };
        string faults = string.Join(' ', S3OptionsCheck.Faults(options));
        return faults.Length == 0
            ? new StoreOptions { S3 = options }
            : throw new ObjectStoreException(ObjectStoreError.Configuration, "open", address, faults);
    }
}
