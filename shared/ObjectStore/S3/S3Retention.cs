using Amazon.S3;
using Amazon.S3.Model;

namespace K8sBackup.ObjectStore.S3;

/// <summary>Sets retention and reads it back: some servers accept it, say yes, and delete all the same.</summary>
internal sealed class S3Retention
{
    // Endpoints keep whole seconds.
    private static readonly TimeSpan Grain = TimeSpan.FromSeconds(1);

    private readonly S3Objects _objects;
    private readonly S3Versions _versions;

    public S3Retention(S3Objects objects, S3Versions versions)
    {
        _objects = objects;
        _versions = versions;
    }

    /// <summary>Throws unless the current version of the object is under retention in this mode.</summary>
    public async Task VerifyAsync(string name, S3LockMode mode, CancellationToken cancellationToken)
    {
        GetObjectMetadataResponse? head = await _objects.HeadAsync("put", name, cancellationToken);
        ObjectLockMode wanted = mode == S3LockMode.Compliance ? ObjectLockMode.Compliance : ObjectLockMode.Governance;
        if (head?.ObjectLockMode != wanted || head.ObjectLockRetainUntilDate is null)
        {
            throw new ObjectStoreException(
                ObjectStoreError.Unsuitable, "put", name, "the endpoint took the retention and does not show it; object lock does not work there, or the keys may not see it (s3:GetObjectRetention)");
        }
    }

    /// <summary>Moves the end of the retention, never to an earlier time.</summary>
    public async Task ExtendAsync(string name, DateTimeOffset until, S3LockMode mode, CancellationToken cancellationToken)
    {
        if (await _versions.RetainedUntilAsync(name, null, cancellationToken) is { } now && now >= until - Grain)
        {
            return;
        }

        await _objects.Calls.RunAsync(
            "retention",
            name,
            0,
            (client, limit) => client.PutObjectRetentionAsync(
                new PutObjectRetentionRequest
                {
                    BucketName = _objects.Bucket,
                    Key = _objects.KeyOf(name),
                    Retention = new ObjectLockRetention
                    {
                        Mode = mode == S3LockMode.Compliance ? ObjectLockRetentionMode.Compliance : ObjectLockRetentionMode.Governance,
                        RetainUntilDate = until.UtcDateTime,
                    },
                },
                limit.Token),
            cancellationToken);
        DateTimeOffset? kept = await _versions.RetainedUntilAsync(name, null, cancellationToken);
        if (kept is null || kept < until - Grain)
        {
            throw new ObjectStoreException(ObjectStoreError.Unsuitable, "retention", name, $"the endpoint took retention until {until:O} and keeps {kept?.ToString("O") ?? "none"}");
        }
    }
}
