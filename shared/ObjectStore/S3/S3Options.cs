namespace K8sBackup.ObjectStore.S3;

/// <summary>A bucket of an S3-compatible endpoint, and how to talk to it.</summary>
public sealed record S3Options
{
    /// <summary>Region that is signed for when none is named; endpoints other than Amazon's rarely care.</summary>
    public const string DefaultRegion = "us-east-1";

    /// <summary>Name of the bucket.</summary>
    public required string Bucket { get; init; }

    /// <summary>What all keys begin with, without a slash at its end; empty for the whole bucket.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The endpoint; null for Amazon's own in the region.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The region.</summary>
    public string Region { get; init; } = DefaultRegion;

    /// <summary>True for <c>https://endpoint/bucket/key</c>, false for <c>https://bucket.endpoint/key</c>.</summary>
    public bool UsesPathStyle { get; init; } = true;

    /// <summary>PEM file with the authorities that may vouch for the endpoint; null for those of the system.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>Where access key and secret key come from.</summary>
    public S3CredentialSource Credentials { get; init; } = S3CredentialSource.FromEnvironment;

    /// <summary>Retention set on every object that is created; null for none.</summary>
    public S3ObjectLock? ObjectLock { get; init; }

    /// <summary>What is done when the endpoint does not enforce conditions on writes.</summary>
    public S3ConditionalWrites ConditionalWrites { get; init; } = S3ConditionalWrites.Required;

    /// <summary>Objects of at least this size are written in parts, where the endpoint keeps that create-only.</summary>
    public int MultipartThreshold { get; init; } = 64 * 1024 * 1024;

    /// <summary>Size of a part; S3 wants at least 5 MiB.</summary>
    public int PartBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How long a request may take apart from moving its bytes.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A transfer slower than this is given up, so that one stuck connection does not hold a backup.</summary>
    public long BytesPerSecondMin { get; init; } = 256 * 1024;

    /// <summary>The place as people know it.</summary>
    public string Description => $"s3://{Bucket}{(Prefix.Length > 0 ? "/" + Prefix : "")}{(Endpoint is null ? "" : $" at {Endpoint.GetLeftPart(UriPartial.Authority)}")}";
}
