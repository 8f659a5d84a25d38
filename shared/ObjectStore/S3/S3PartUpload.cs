using Amazon.S3;
using Amazon.S3.Model;

namespace K8sBackup.ObjectStore.S3;

/// <summary>
/// Writes a large object in parts, several at a time. Only the completion makes it visible, and carries the condition; it is
/// used where the probe saw that the endpoint keeps to it.
/// </summary>
internal sealed class S3PartUpload
{
    private const int PartsAtOnce = 4;

    private readonly S3Objects _objects;

    public S3PartUpload(S3Objects objects) => _objects = objects;

    /// <summary>False when there is an object already.</summary>
    public async Task<bool> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, S3ObjectLock? objectLock, DateTimeOffset now, CancellationToken cancellationToken)
    {
        InitiateMultipartUploadRequest begin = new() { BucketName = _objects.Bucket, Key = _objects.KeyOf(name) };
        if (objectLock is not null)
        {
            begin.ObjectLockMode = objectLock.Mode == S3LockMode.Compliance ? ObjectLockMode.Compliance : ObjectLockMode.Governance;
            begin.ObjectLockRetainUntilDate = (now + objectLock.Period).UtcDateTime;
        }

        InitiateMultipartUploadResponse upload = await _objects.Calls.RunAsync(
            "put", name, 0, (client, limit) => client.InitiateMultipartUploadAsync(begin, limit.Token), cancellationToken);
        try
        {
            PartETag[] parts = await SendAsync(name, upload.UploadId, content, cancellationToken);
            return await CompleteAsync(name, upload.UploadId, parts, cancellationToken) || await AbortAsync(name, upload.UploadId);
        }
        catch
        {
            await AbortAsync(name, upload.UploadId);
            throw;
        }
    }

    private async Task<PartETag[]> SendAsync(string name, string upload, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        int partBytes = _objects.Calls.Options.PartBytes;
        PartETag[] parts = new PartETag[(content.Length + partBytes - 1) / partBytes];
        ParallelOptions several = new() { MaxDegreeOfParallelism = PartsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, parts.Length, several, async (i, token) =>
        {
            ReadOnlyMemory<byte> part = content.Slice(i * partBytes, Math.Min(partBytes, content.Length - (i * partBytes)));
            UploadPartResponse answer = await _objects.Calls.RunAsync(
                "put",
                name,
                part.Length,
                async (client, limit) =>
                {
                    using Stream stream = ContentStream.Over(part);
                    return await client.UploadPartAsync(
                        new UploadPartRequest
                        {
                            BucketName = _objects.Bucket,
                            Key = _objects.KeyOf(name),
                            UploadId = upload,
                            PartNumber = i + 1,
                            InputStream = stream,
                            PartSize = part.Length,
                            UseChunkEncoding = false,
                            DisablePayloadSigning = false,
                        },
                        limit.Token);
                },
                token);
            parts[i] = new PartETag(i + 1, answer.ETag);
        });
        return parts;
    }

    private Task<bool> CompleteAsync(string name, string upload, PartETag[] parts, CancellationToken cancellationToken) =>
        _objects.Calls.RunAsync(
            "put",
            name,
            0,
            async (client, limit) =>
            {
                try
                {
                    await client.CompleteMultipartUploadAsync(
                        new CompleteMultipartUploadRequest
                        {
                            BucketName = _objects.Bucket,
                            Key = _objects.KeyOf(name),
                            UploadId = upload,
                            PartETags = [.. parts],
                            IfNoneMatch = PutCondition.Absent.IfNoneMatch,
                        },
                        limit.Token);
                    return true;
                }
                catch (AmazonS3Exception e) when (S3Errors.IsPreconditionFailed(e))
                {
                    return false;
                }
            },
            cancellationToken);

    // Parts that stay behind cost space but harm nothing; a lifecycle rule of the bucket removes what this cannot.
    private async Task<bool> AbortAsync(string name, string upload)
    {
        try
        {
            await _objects.Calls.RunAsync(
                "put",
                name,
                0,
                (client, limit) => client.AbortMultipartUploadAsync(
                    new AbortMultipartUploadRequest { BucketName = _objects.Bucket, Key = _objects.KeyOf(name), UploadId = upload }, limit.Token),
                CancellationToken.None);
        }
        catch (ObjectStoreException)
        {
            // Completed after all, or the endpoint is away: what the caller has to hear is decided already.
        }

        return false;
    }
}
