using System.Runtime.CompilerServices;
using Amazon.S3.Model;
using K8sBackup.ObjectStore.Retention;

namespace K8sBackup.ObjectStore.S3;

/// <summary>
/// A store in a bucket of an S3-compatible endpoint. Create-only and swap are conditions of the endpoint's own requests.
/// Content is covered by the request's signature; where the probe saw that an endpoint does not check it, what was
/// written is read back.
/// </summary>
internal sealed class S3ObjectStore : IObjectStore, IObjectRetention
{
    private readonly S3Objects _objects;
    private readonly S3Capabilities _capabilities;
    private readonly S3Versions _versions;
    private readonly S3Retention _retention;

    public S3ObjectStore(S3Objects objects, S3Capabilities capabilities)
    {
        _objects = objects;
        _capabilities = capabilities;
        _versions = new S3Versions(objects);
        _retention = new S3Retention(objects, _versions);
    }

    private S3Options Options => _objects.Calls.Options;

    public async Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ObjectName.Check("put", name);
        if (!_capabilities.EnforcesConditions && await _objects.HeadAsync("put", name, cancellationToken) is not null)
        {
            return PutOutcome.AlreadyExists;
        }

        if (!await CreateAsync(name, content, cancellationToken))
        {
            return PutOutcome.AlreadyExists;
        }

        if (Options.ObjectLock is { } objectLock)
        {
            await _retention.VerifyAsync(name, objectLock.Mode, cancellationToken);
        }

        await VerifyContentAsync("put", name, content, cancellationToken);
        return PutOutcome.Created;
    }

    public async Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        ObjectName.Check("get", name);
        return (await _objects.GetAsync(name, maxBytes, cancellationToken))?.Content ?? throw NotFound("get", name);
    }

    public async Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ObjectName.Check("get-range", name);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (destination.Length > 0)
        {
            await _objects.GetRangeAsync(name, offset, destination, cancellationToken);
        }
        else if (await _objects.HeadAsync("get-range", name, cancellationToken) is null)
        {
            // HTTP has no empty range.
            throw NotFound("get-range", name);
        }
    }

    public async Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken)
    {
        ObjectName.Check("head", name);
        return await _objects.HeadAsync("head", name, cancellationToken) is { } head
            ? new ObjectInfo(name, head.ContentLength, Time(head.LastModified))
            : null;
    }

    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectName.CheckPrefix("list", prefix);
        string last = "";
        string? continuation = null;
        do
        {
            ListObjectsV2Response page = await _objects.ListAsync(prefix, continuation, cancellationToken);
            foreach (S3Object found in page.S3Objects ?? [])
            {
                // Keys of others in the bucket are not objects of this store.
                if (_objects.NameOf(found.Key) is not { } name || !ObjectName.IsValid(name))
                {
                    continue;
                }

                if (string.CompareOrdinal(name, last) <= 0)
                {
                    throw new ObjectStoreException(ObjectStoreError.Unsuitable, "list", prefix, $"the endpoint lists '{name}' after '{last}'");
                }

                last = name;
                yield return new ObjectInfo(name, found.Size ?? 0, Time(found.LastModified));
            }

            continuation = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (continuation is not null);
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        ObjectName.Check("delete", name);
        return _capabilities.IsVersioned ? _versions.DeleteAllAsync(name, cancellationToken) : _versions.DeleteCurrentAsync(name, cancellationToken);
    }

    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        ObjectName.Check("get", name);
        return _objects.GetAsync(name, maxBytes, cancellationToken);
    }

    public async Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ObjectName.Check("swap", name);
        PutCondition condition = expected is { } version ? PutCondition.Tag(version.Tag, _capabilities.QuotesTags) : PutCondition.Absent;
        if (!_capabilities.EnforcesConditions)
        {
            if ((await _objects.HeadAsync("swap", name, cancellationToken))?.ETag.Trim('"') != expected?.Tag)
            {
                return null;
            }

            condition = PutCondition.None;
        }

        using Stream stream = ContentStream.Over(content);
        PutResult? result = await _objects.PutAsync("swap", name, stream, condition, null, cancellationToken);
        if (result is null)
        {
            return null;
        }

        await VerifyContentAsync("swap", name, content, cancellationToken);
        return result.Tag.Length > 0
            ? new ObjectVersion(result.Tag)
            : throw new ObjectStoreException(ObjectStoreError.Unsuitable, "swap", name, "the endpoint sends no entity tag");
    }

    public DateTimeOffset Now => _objects.Calls.Endpoint.Now;

    public Task<DateTimeOffset?> RetainedUntilAsync(string name, CancellationToken cancellationToken)
    {
        ObjectName.Check("retention", name);
        return _versions.RetainedUntilAsync(name, null, cancellationToken);
    }

    public Task ExtendAsync(string name, DateTimeOffset until, CancellationToken cancellationToken)
    {
        ObjectName.Check("retention", name);
        return _retention.ExtendAsync(name, until, Options.ObjectLock?.Mode ?? S3LockMode.Governance, cancellationToken);
    }

    private static DateTimeOffset Time(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : DateTimeOffset.UnixEpoch;

    private static ObjectStoreException NotFound(string operation, string name) => new(ObjectStoreError.NotFound, operation, name, "no such object");

    // One request up to 5 GiB keeps a condition everywhere; parts only where completing them does.
    private async Task<bool> CreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (content.Length >= Options.MultipartThreshold && _capabilities.EnforcesConditionsOnParts)
        {
            return await new S3PartUpload(_objects).PutIfAbsentAsync(name, content, Options.ObjectLock, _objects.Calls.Endpoint.Now, cancellationToken);
        }

        using Stream stream = ContentStream.Over(content);
        PutCondition condition = _capabilities.EnforcesConditions ? PutCondition.Absent : PutCondition.None;
        return await _objects.PutAsync("put", name, stream, condition, Options.ObjectLock, cancellationToken) is not null;
    }

    private async Task VerifyContentAsync(string operation, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (_capabilities.ChecksContent)
        {
            return;
        }

        VersionedObject? found = await _objects.GetAsync(name, content.Length, cancellationToken);
        if (found is null || !found.Content.AsSpan().SequenceEqual(content.Span))
        {
            throw new ObjectStoreException(ObjectStoreError.Corrupt, operation, name, "what the endpoint kept is not what it was sent");
        }
    }
}
