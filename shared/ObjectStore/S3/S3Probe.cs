using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace K8sBackup.ObjectStore.S3;

/// <summary>
/// Finds out what an endpoint really does, by doing it: conditions are only worth what the endpoint makes of them. Uses
/// names of its own under <c>probe/</c> and removes them as far as the keys allow.
/// </summary>
internal sealed class S3Probe
{
    private const string Folder = "probe/";

    private static readonly TimeSpan LockProbePeriod = TimeSpan.FromSeconds(10);

    private readonly S3Objects _objects;
    private readonly S3Options _options;
    private readonly S3Versions _versions;
    private readonly List<string> _warnings = [];
    private readonly string _folder = $"{Folder}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}/";

    public S3Probe(S3Objects objects)
    {
        _objects = objects;
        _options = objects.Calls.Options;
        _versions = new S3Versions(objects);
    }

    /// <summary>What people should know about the endpoint; complete after <see cref="RunAsync"/>.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreError.Unsuitable"/> when a repository must not be kept there.</exception>
    public async Task<S3Capabilities> RunAsync(CancellationToken cancellationToken)
    {
        PutResult first = await PutAsync("first", [1, 2, 3, 4, 5], PutCondition.Absent, cancellationToken)
            ?? throw Unsuitable("it says that an object with a new random name exists");
        S3Capabilities found = new() { IsVersioned = first.VersionId is { Length: > 0 } and not "null" };
        try
        {
            await CheckReadingAsync(first, cancellationToken);
            found = await CheckConditionsAsync(found, first, cancellationToken);
            found = found with
            {
                ChecksContent = await ChecksContentAsync(cancellationToken),
                EnforcesConditionsOnParts = found.EnforcesConditions && await ChecksPartsAsync(cancellationToken),
            };
            if (_options.ObjectLock is { } objectLock)
            {
                await CheckLockAsync(found, objectLock.Mode, cancellationToken);
            }
        }
        finally
        {
            await CleanUpAsync(found);
        }

        if (!found.ChecksContent)
        {
            _warnings.Add("The endpoint does not check content against its signature; every object is read back after it is written.");
        }

        return found;
    }

    private async Task CheckReadingAsync(PutResult first, CancellationToken cancellationToken)
    {
        VersionedObject read = await _objects.GetAsync(_folder + "first", 5, cancellationToken) ?? throw Unsuitable("an object cannot be read after it was written");
        if (!read.Content.AsSpan().SequenceEqual<byte>([1, 2, 3, 4, 5]) || (first.Tag.Length > 0 && read.Version.Tag != first.Tag))
        {
            throw Unsuitable("an object reads other than it was written");
        }

        byte[] middle = new byte[2];
        await _objects.GetRangeAsync(_folder + "first", 2, middle, cancellationToken);
        if (middle is not [3, 4])
        {
            throw Unsuitable("a range reads other bytes than the object has there");
        }

        await PutAsync("empty", [], PutCondition.Absent, cancellationToken);
        if ((await _objects.GetAsync(_folder + "empty", 0, cancellationToken))?.Content.Length != 0)
        {
            throw Unsuitable("it does not keep empty objects");
        }

        ListObjectsV2Response page = await _objects.ListAsync(_folder, null, cancellationToken);
        string[] listed = [.. (page.S3Objects ?? []).Select(o => _objects.NameOf(o.Key) ?? "")];
        if (listed is not [var a, var b] || a != _folder + "empty" || b != _folder + "first")
        {
            throw Unsuitable("a listing does not show what was just written");
        }
    }

    private async Task<S3Capabilities> CheckConditionsAsync(S3Capabilities found, PutResult first, CancellationToken cancellationToken)
    {
        bool createsOnce = await PutAsync("first", [9], PutCondition.Absent, cancellationToken) is null;
        bool? quoted = createsOnce ? await SwapsAsync(first.Tag, cancellationToken) : null;
        if (quoted is { } quotes)
        {
            return found with { QuotesTags = quotes };
        }

        string fault = createsOnce ? "it does not replace an object on condition of its entity tag (If-Match)" : "it overwrites although asked not to (If-None-Match)";
        if (_options.ConditionalWrites != S3ConditionalWrites.SingleWriter)
        {
            string versions = found.IsVersioned ? " Some servers keep conditions only in buckets without versioning." : "";
            throw Unsuitable($"{fault}.{versions} With 'conditionalWrites: singleWriter' it can be used as long as one process alone writes");
        }

        _warnings.Add($"The endpoint ignores conditions: {fault}. It is safe only while one coordinator alone writes to it.");
        return found with { EnforcesConditions = false };
    }

    // True: quoted tags work; false: tags without quotes do; null: neither.
    private async Task<bool?> SwapsAsync(string tag, CancellationToken cancellationToken)
    {
        foreach (bool quotes in (bool[])[true, false])
        {
            if (await PutAsync("first", [7, quotes ? (byte)1 : (byte)0], PutCondition.Tag(tag, quotes), cancellationToken) is null)
            {
                continue;
            }

            // The tag is stale now: the same request must fail.
            bool isRefused = await PutAsync("first", [8], PutCondition.Tag(tag, quotes), cancellationToken) is null;
            return isRefused ? quotes : null;
        }

        return null;
    }

    private async Task<bool> ChecksContentAsync(CancellationToken cancellationToken)
    {
        try
        {
            using ProbeStream changing = new(1000);
            await _objects.PutAsync("probe", _folder + "changed", changing, PutCondition.None, null, cancellationToken);
            return false;
        }
        catch (ObjectStoreException e) when (e.InnerException is AmazonS3Exception { StatusCode: System.Net.HttpStatusCode.BadRequest or System.Net.HttpStatusCode.Forbidden })
        {
            return true;
        }
    }

    private async Task<bool> ChecksPartsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return !await new S3PartUpload(_objects).PutIfAbsentAsync(_folder + "first", new byte[10], null, default, cancellationToken);
        }
        catch (ObjectStoreException e) when (e.IsPermanent)
        {
            return false;
        }
    }

    private async Task CheckLockAsync(S3Capabilities found, S3LockMode mode, CancellationToken cancellationToken)
    {
        using MemoryStream content = new([1], writable: false);
        try
        {
            await _objects.PutAsync("probe", _folder + "locked", content, PutCondition.None, new S3ObjectLock(mode, LockProbePeriod), cancellationToken);
        }
        catch (ObjectStoreException e) when (e.Error is ObjectStoreError.Unsuitable)
        {
            throw Unsuitable($"the bucket takes no retention; object lock has to be enabled for it. {e.Message}");
        }

        await new S3Retention(_objects, _versions).VerifyAsync(_folder + "locked", mode, cancellationToken);
        try
        {
            await _versions.DeleteAllAsync(_folder + "locked", cancellationToken);
        }
        catch (ObjectStoreException e) when (e.Error is ObjectStoreError.Retained or ObjectStoreError.PermissionDenied)
        {
            return;
        }

        throw Unsuitable(found.IsVersioned ? "it deletes objects that are under retention" : "the bucket is not versioned, so retention keeps nothing");
    }

    // What earlier probes could not remove yet goes too, and nothing here may fail: all is said already.
    private async Task CleanUpAsync(S3Capabilities found)
    {
        try
        {
            ListObjectsV2Response page = await _objects.ListAsync(Folder, null, CancellationToken.None);
            foreach (string name in (page.S3Objects ?? []).Select(o => _objects.NameOf(o.Key)).OfType<string>().Where(IsOursOrOld(page)))
            {
                await RemoveAsync(name, found.IsVersioned);
            }
        }
        catch (ObjectStoreException)
        {
            _warnings.Add($"Probe objects are left under {Folder}; the keys may not list.");
        }
    }

    // Another process may be probing at this moment.
    private Func<string, bool> IsOursOrOld(ListObjectsV2Response page)
    {
        DateTime newest = (page.S3Objects ?? []).Max(o => o.LastModified) ?? DateTime.MinValue;
        HashSet<string> old = [.. (page.S3Objects ?? []).Where(o => o.LastModified < newest.AddHours(-1)).Select(o => _objects.NameOf(o.Key) ?? "")];
        return name => name.StartsWith(_folder, StringComparison.Ordinal) || old.Contains(name);
    }

    private async Task RemoveAsync(string name, bool isVersioned)
    {
        try
        {
            await (isVersioned ? _versions.DeleteAllAsync(name, CancellationToken.None) : _versions.DeleteCurrentAsync(name, CancellationToken.None));
        }
        catch (ObjectStoreException)
        {
            // Under retention, or the keys may not delete: some bytes stay.
        }
    }

    private async Task<PutResult?> PutAsync(string name, byte[] content, PutCondition condition, CancellationToken cancellationToken)
    {
        using MemoryStream stream = new(content, writable: false);
        return await _objects.PutAsync("probe", _folder + name, stream, condition, null, cancellationToken);
    }

    private ObjectStoreException Unsuitable(string reason) =>
        new(ObjectStoreError.Unsuitable, "open", _options.Description, $"the endpoint cannot hold a repository: {reason}");
}
