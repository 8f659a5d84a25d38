using System.Net;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace K8sBackup.ObjectStore.S3;

/// <summary>The single requests a store is made of. Takes names and puts the prefix in front; conditions are the caller's.</summary>
internal sealed class S3Objects
{
    private readonly S3Calls _calls;
    private readonly string _prefix;

    public S3Objects(S3Calls calls)
    {
        _calls = calls;
        _prefix = calls.Options.Prefix.Length > 0 ? calls.Options.Prefix + "/" : "";
    }

    public string Bucket => _calls.Options.Bucket;

    public S3Calls Calls => _calls;

    public string KeyOf(string name) => _prefix + name;

    /// <summary>The name of a key; null when it is not below the prefix.</summary>
    public string? NameOf(string key) => key.StartsWith(_prefix, StringComparison.Ordinal) ? key[_prefix.Length..] : null;

    /// <summary>Writes in one request; null when the condition did not hold.</summary>
    public Task<PutResult?> PutAsync(
        string operation, string name, Stream content, PutCondition condition, S3ObjectLock? objectLock, CancellationToken cancellationToken) =>
        _calls.RunAsync(
            operation,
            name,
            content.Length,
            async (client, limit) =>
            {
                PutObjectRequest request = new()
                {
                    BucketName = Bucket,
                    Key = KeyOf(name),
                    InputStream = content,
                    AutoCloseStream = false,
                    // One signature over the SHA-256 of all content: the endpoint checks what arrived against it.
                    UseChunkEncoding = false,
                    DisablePayloadSigning = false,
                    IfNoneMatch = condition.IfNoneMatch,
                    IfMatch = condition.IfMatch,
                };
                if (objectLock is not null)
                {
                    request.ObjectLockMode = objectLock.Mode == S3LockMode.Compliance ? ObjectLockMode.Compliance : ObjectLockMode.Governance;
                    request.ObjectLockRetainUntilDate = (_calls.Endpoint.Now + objectLock.Period).UtcDateTime;
                    // Amazon wants a checksum header with every retention.
                    request.ChecksumSHA256 = Convert.ToBase64String(await SHA256.HashDataAsync(content, limit.Token));
                    content.Position = 0;
                }

                try
                {
                    PutObjectResponse response = await client.PutObjectAsync(request, limit.Token);
                    return new PutResult(Unquoted(response.ETag), response.VersionId);
                }
                catch (AmazonS3Exception e) when (S3Errors.IsPreconditionFailed(e) || (condition.IfMatch is not null && S3Errors.IsNotFound(e)))
                {
                    return null;
                }
            },
            cancellationToken);

    /// <summary>Headers of an object; null when there is none.</summary>
    public Task<GetObjectMetadataResponse?> HeadAsync(string operation, string name, CancellationToken cancellationToken) =>
        _calls.RunAsync(
            operation,
            name,
            0,
            async (client, limit) =>
            {
                try
                {
                    return await client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = Bucket, Key = KeyOf(name) }, limit.Token);
                }
                catch (AmazonS3Exception e) when (S3Errors.IsNotFound(e))
                {
                    return null;
                }
            },
            cancellationToken);

    /// <summary>The whole object with its tag; null when there is none.</summary>
    public Task<VersionedObject?> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        _calls.RunAsync(
            "get",
            name,
            0,
            async (client, limit) =>
            {
                try
                {
                    using GetObjectResponse response = await client.GetObjectAsync(new GetObjectRequest { BucketName = Bucket, Key = KeyOf(name) }, limit.Token);
                    long length = response.ContentLength;
                    if (length > maxBytes)
                    {
                        throw new ObjectStoreException(ObjectStoreError.TooLarge, "get", name, $"{length} bytes, at most {maxBytes} accepted");
                    }

                    limit.Allow(length);
                    byte[] content = GC.AllocateUninitializedArray<byte>((int)length);
                    await ReadAllAsync(response, content, limit.Token);
                    return new VersionedObject(content, new ObjectVersion(Unquoted(response.ETag)));
                }
                catch (AmazonS3Exception e) when (S3Errors.IsNotFound(e))
                {
                    return null;
                }
            },
            cancellationToken);

    /// <summary>Fills the destination, which is not empty.</summary>
    public Task<bool> GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _calls.RunAsync(
            "get-range",
            name,
            destination.Length,
            async (client, limit) =>
            {
                GetObjectRequest request = new() { BucketName = Bucket, Key = KeyOf(name), ByteRange = new ByteRange(offset, offset + destination.Length - 1) };
                using GetObjectResponse response = await client.GetObjectAsync(request, limit.Token);
                if (response.HttpStatusCode != HttpStatusCode.PartialContent && (offset > 0 || response.ContentLength != destination.Length))
                {
                    throw new ObjectStoreException(ObjectStoreError.Unsuitable, "get-range", name, "the endpoint ignores ranges");
                }

                if (response.ContentLength < destination.Length)
                {
                    throw new ObjectStoreException(
                        ObjectStoreError.Truncated, "get-range", name, $"{response.ContentLength} of the {destination.Length} bytes at {offset} are there");
                }

                await ReadAllAsync(response, destination, limit.Token);
                return true;
            },
            cancellationToken);

    /// <summary>One page of a listing.</summary>
    public Task<ListObjectsV2Response> ListAsync(string prefix, string? continuation, CancellationToken cancellationToken) =>
        _calls.RunAsync(
            "list",
            prefix,
            0,
            (client, limit) => client.ListObjectsV2Async(
                new ListObjectsV2Request { BucketName = Bucket, Prefix = KeyOf(prefix), ContinuationToken = continuation }, limit.Token),
            cancellationToken);

    // An answer without a length would read as an empty object; a byte too many shows it.
    private static async Task ReadAllAsync(GetObjectResponse response, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await response.ResponseStream.ReadExactlyAsync(destination, cancellationToken);
        if (await response.ResponseStream.ReadAsync(new byte[1], cancellationToken) != 0)
        {
            throw new IOException("more bytes came than the answer announced");
        }
    }

    private static string Unquoted(string? tag) => tag?.Trim('"') ?? "";
}
