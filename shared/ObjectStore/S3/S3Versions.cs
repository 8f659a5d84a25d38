using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace K8sBackup.ObjectStore.S3;

/// <summary>
/// Deletes from versioned buckets: every version by its id, so that space really comes back and no marker hides an object
/// that is still there.
/// </summary>
internal sealed class S3Versions
{
    private readonly S3Objects _objects;

    public S3Versions(S3Objects objects) => _objects = objects;

    /// <summary>Deletes from a bucket without versions.</summary>
    public Task DeleteCurrentAsync(string name, CancellationToken cancellationToken) => DeleteAsync(name, null, cancellationToken);

    /// <summary>Deletes all versions and markers, the oldest first: what a retention stops leaves the newest visible.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreError.Retained"/> when a version may not be deleted yet.</exception>
    public async Task DeleteAllAsync(string name, CancellationToken cancellationToken)
    {
        List<string> versions = await FindAsync(name, cancellationToken);
        foreach (string version in Enumerable.Reverse(versions))
        {
            await DeleteAsync(name, version, cancellationToken);
        }
    }

    // Newest first, as the endpoint lists them.
    private async Task<List<string>> FindAsync(string name, CancellationToken cancellationToken)
    {
        string key = _objects.KeyOf(name);
        List<string> found = [];
        ListVersionsRequest request = new() { BucketName = _objects.Bucket, Prefix = key };
        while (true)
        {
            ListVersionsResponse page = await _objects.Calls.RunAsync(
                "delete", name, 0, (client, limit) => client.ListVersionsAsync(request, limit.Token), cancellationToken);
            List<S3ObjectVersion> versions = page.Versions ?? [];
            found.AddRange(versions.Where(v => v.Key == key).Select(v => v.VersionId));

            // Longer names that begin the same follow; they are not asked for.
            if (page.IsTruncated != true || versions.Exists(v => v.Key != key))
            {
                return found;
            }

            (request.KeyMarker, request.VersionIdMarker) = (page.NextKeyMarker, page.NextVersionIdMarker);
        }
    }

    private async Task DeleteAsync(string name, string? version, CancellationToken cancellationToken)
    {
        try
        {
            await _objects.Calls.RunAsync(
                "delete",
                name,
                0,
                (client, limit) => client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _objects.Bucket, Key = _objects.KeyOf(name), VersionId = version }, limit.Token),
                cancellationToken);
        }
        catch (ObjectStoreException e) when (e.Error == ObjectStoreError.NotFound)
        {
            // Gone is what was asked for.
        }
        catch (ObjectStoreException e) when (e.Error == ObjectStoreError.PermissionDenied)
        {
            if (await RetainedUntilAsync(name, version, cancellationToken) is { } until && until > _objects.Calls.Endpoint.Now)
            {
                throw new ObjectStoreException(ObjectStoreError.Retained, "delete", name, $"under retention until {until:yyyy-MM-ddTHH:mm:ssZ}", e);
            }

            throw;
        }
    }

    /// <summary>Until when the version may not be deleted; null when it may, or when the endpoint does not say.</summary>
    public async Task<DateTimeOffset?> RetainedUntilAsync(string name, string? version, CancellationToken cancellationToken)
    {
        try
        {
            GetObjectRetentionResponse answer = await _objects.Calls.RunAsync(
                "retention",
                name,
                0,
                (client, limit) => client.GetObjectRetentionAsync(new GetObjectRetentionRequest { BucketName = _objects.Bucket, Key = _objects.KeyOf(name), VersionId = version }, limit.Token),
                cancellationToken);
            return answer.Retention?.RetainUntilDate is { } until ? new DateTimeOffset(until.ToUniversalTime()) : null;
        }
        catch (ObjectStoreException e) when (e.InnerException is AmazonS3Exception { StatusCode: HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.NotImplemented })
        {
            return null;
        }
    }
}
