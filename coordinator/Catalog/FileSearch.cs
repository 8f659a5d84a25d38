using System.IO.Enumeration;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Patterns;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>
/// The operator's call that searches restore points for paths. Trees that are the same as in a newer restore point are not read
/// again, and a pattern without wildcards reads the way to its path only. Memory: a tree block a level, and the versions already given.
/// </summary>
public sealed class FileSearch
{
    private const int LimitDefault = 10_000;
    private const int LimitMax = 1_000_000;

    private readonly PointCatalog _points;
    private readonly SnapshotDirectory _snapshots;
    private readonly RepositoryAccess _access;

    public FileSearch(PointCatalog points, SnapshotDirectory snapshots, RepositoryAccess access)
    {
        _points = points;
        _snapshots = snapshots;
        _access = access;
    }

    /// <summary>What fits the pattern, newest restore point first, each version once; then what was searched.</summary>
    public async Task FindAsync(Wire.FindFilesRequest request, IServerStreamWriter<Wire.FindFilesMessage> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(context);
        PathPattern pattern = PatternOf(request);
        int limit = request.Limit switch
        {
            0 => LimitDefault,
            > 0 and <= LimitMax => request.Limit,
            _ => throw new BackupException(FailureCause.InvalidRequest, $"The limit must be between 1 and {LimitMax}."),
        };
        Wire.FindFilesDone done = new();
        SeenVersions seen = new();
        using RepositoryLease lease = _access.Enter();
        try
        {
            await foreach (RestorePointManifest point in PointsAsync(lease, request, context.CancellationToken))
            {
                done.Points++;
                foreach (SourceResult result in point.Sources)
                {
                    if (!done.LimitReached && result.Source.Kind != SourceKind.Etcd && result.Snapshot is { } id)
                    {
                        await SearchAsync(new Place(point, result.Source, id), lease, request, pattern, seen, limit, done, responses, context.CancellationToken);
                    }
                }

                if (done.LimitReached)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }

        await responses.WriteAsync(new Wire.FindFilesMessage { Done = done }, context.CancellationToken);
    }

    private static PathPattern PatternOf(Wire.FindFilesRequest request)
    {
        bool isShort = Encoding.UTF8.GetByteCount(request.Pattern) <= PathPattern.BytesMax;
        return isShort && PathPattern.Parse(request.Pattern) is { IsNegated: false, IsPossible: true } pattern
            ? pattern
            : throw new BackupException(FailureCause.InvalidRequest, "The pattern is blank, too long, negated, a comment, or one that no path fits.");
    }

    private async IAsyncEnumerable<RestorePointManifest> PointsAsync(
        RepositoryLease lease, Wire.FindFilesRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool isLatestOfPlan = request is { PointId: PointCatalog.Latest, Plan.Length: > 0 };
        if (request.PointId.Length > 0 && !isLatestOfPlan)
        {
            yield return await _points.ResolveAsync(request.PointId, cancellationToken);
            yield break;
        }

        await foreach (RestorePointEntry entry in lease.Repository.Catalog.RestorePointsAsync(cancellationToken))
        {
            if (entry.Manifest is { } point && (request.Plan.Length == 0 || point.Plan == request.Plan))
            {
                yield return point;
                if (isLatestOfPlan)
                {
                    yield break;
                }
            }
        }
    }

    private async Task SearchAsync(
        Place place,
        RepositoryLease lease,
        Wire.FindFilesRequest request,
        PathPattern pattern,
        SeenVersions seen,
        int limit,
        Wire.FindFilesDone done,
        IServerStreamWriter<Wire.FindFilesMessage> responses,
        CancellationToken cancellationToken)
    {
        try
        {
            SnapshotManifest? snapshot = await _snapshots.ReadAsync(place.Snapshot, cancellationToken);
            if (snapshot is null || !IsOf(snapshot.Volume, request) || !Names(snapshot).Contains(request.Source, StringComparison.Ordinal) || !seen.IsNewTree(place.Source, snapshot.Root))
            {
                return;
            }

            done.Snapshots++;
            await foreach (TreeEntry entry in EntriesAsync(SnapshotTrees.Open(lease, snapshot), pattern, cancellationToken))
            {
                done.Entries++;
                if (!pattern.Fits(entry.Path, entry.Kind == EntryKind.Directory) || !seen.IsNewVersion(place.Source, entry))
                {
                    continue;
                }

                await responses.WriteAsync(place.Found(entry), cancellationToken);
                if (++done.Found == limit)
                {
                    done.LimitReached = true;
                    return;
                }
            }
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e) || e is BackupException)
        {
            BackupException failure = e as BackupException ?? StoreFailures.ToBackupException(e);
            if (failure.Failure.Cause != FailureCause.StoreCorrupt)
            {
                throw failure;
            }

            // What is damaged costs nothing but itself; the rest is searched on.
            if (done.Failures.Count < ItemOutcome.ListedMax)
            {
                done.Failures.Add(SourceMapping.ToWire(failure.Failure with { Node = place.Source.Node, Source = $"{place.Source} of {place.Point.Id}" }));
            }
        }
    }

    private static bool IsOf(PodVolume? volume, Wire.FindFilesRequest request)
    {
        return (request.Namespace.Length == 0 && request.Claim.Length == 0 && request.Pod.Length == 0)
            || (volume is not null && Fits(request.Namespace, volume.Namespace) && Fits(request.Claim, volume.Claim) && Fits(request.Pod, volume.Pod));

        static bool Fits(string pattern, string name) => pattern.Length == 0 || FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
    }

    // A source as people name it: its own name, and the claim and pod it was of.
    private static string Names(SnapshotManifest snapshot) => snapshot.Volume is { } volume
        ? $"{snapshot.Source} {volume.Namespace}/{volume.Claim} {volume.Namespace}/{volume.Pod}"
        : snapshot.Source.ToString();

    private static async IAsyncEnumerable<TreeEntry> EntriesAsync(
        TreeReader tree, PathPattern pattern, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (pattern.ExactPath is { } path)
        {
            if (await tree.FindAsync(path, cancellationToken) is { } entry)
            {
                yield return entry;
            }

            yield break;
        }

        await foreach (TreeEntry entry in tree.WalkAsync(cancellationToken))
        {
            yield return entry;
        }
    }

    private sealed record Place(RestorePointManifest Point, SourceKey Source, SnapshotId Snapshot)
    {
        public Wire.FindFilesMessage Found(TreeEntry entry) => new()
        {
            Found = new Wire.FoundFile
            {
                PointId = Point.Id.ToString(),
                PointFinishedAt = Timestamp.FromDateTimeOffset(Point.FinishedAt),
                Source = SourceMapping.ToWire(Source),
                Entry = EntryMapping.ToWire(entry),
            },
        };
    }
}
