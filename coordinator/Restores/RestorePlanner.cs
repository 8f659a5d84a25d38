using Google.Protobuf;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Delivery;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Restoring;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Restores;

/// <summary>Turns a request into a restore that can be carried out, or says why it cannot. Changes nothing.</summary>
public sealed class RestorePlanner
{
    /// <summary>
    /// Added to an etcd snapshot's revision by default: more than any cluster wrote since the snapshot, so that no
    /// watcher sees a revision a second time.
    /// </summary>
    public const long RevisionBumpDefault = 1_000_000_000;

    private const int RequestIdLengthMax = 128;
    private const int TextLengthMax = 4096;

    private readonly PointCatalog _points;
    private readonly RepositoryAccess _access;
    private readonly NodeRegistry _nodes;
    private readonly VolumeTargets _volumes;
    private readonly TimeProvider _clock;

    public RestorePlanner(PointCatalog points, RepositoryAccess access, NodeRegistry nodes, VolumeTargets volumes, TimeProvider clock)
    {
        _points = points;
        _access = access;
        _nodes = nodes;
        _volumes = volumes;
        _clock = clock;
    }

    /// <exception cref="BackupException">What is wrong with the request, the point or the node.</exception>
    public async Task<RestoreRecord> PlanAsync(Wire.StartRestoreRequest request, string startedBy, bool isPreview, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Require(request.RequestId.Length <= RequestIdLengthMax, $"A request id has at most {RequestIdLengthMax} characters.");
        SourceKey? named = request.From is null ? SourceOf(request) : null;
        RestorePointManifest point = await _points.ResolveAsync(request.PointId, cancellationToken);
        SourceKey source = named ?? PointVolumes.Find(point, request.From!);
        SnapshotManifest snapshot = await _points.SnapshotOfAsync(point, source, cancellationToken);
        VolumeTarget? target = TargetOf(request, snapshot);
        string node = target?.Use.Node ?? NodeFor(request, source);
        PathSelection selection = await SelectAsync(request, snapshot, cancellationToken);
        RestoreId id = RestoreId.Create(_clock);
        Wire.RestoreTask task = new() { RestoreId = id.ToString(), SnapshotId = snapshot.Id.ToString(), Source = SourceMapping.ToWire(source) };
        Require(!isPreview || source.Kind != SourceKind.Etcd, "There is a dry run for files; for etcd there is the impact.");
        if (target is not null)
        {
            task.IntoVolume = IntoVolume(target, FilesOptions(request, snapshot, selection), isPreview, isWhole: selection.Paths.Count == 0 && !IsDump(snapshot));
        }
        else if (isPreview)
        {
            task.Preview = FilesOptions(request, snapshot, selection);
        }
        else if (source.Kind == SourceKind.Etcd)
        {
            task.Etcd = EtcdOptions(request, snapshot, id);
        }
        else
        {
            task.Files = FilesOptions(request, snapshot, selection);
        }

        return new RestoreRecord
        {
            Id = id,
            RequestId = request.RequestId,
            Point = point.Id,
            Snapshot = snapshot.Id,
            Source = source,
            Node = node,
            Into = target?.Use.Volume,
            Paths = selection.Paths,
            Task = MessageJson.ToJson(task),
            State = RestoreState.Waiting,
            StartedAt = _clock.GetUtcNow(),
            StartedBy = startedBy,
        };
    }

    // Null for a directory of a node. What a pod had goes back to the volume it is bound to when nothing else is said; a path of a node has no such bond.
    private VolumeTarget? TargetOf(Wire.StartRestoreRequest request, SnapshotManifest snapshot)
    {
        bool hasPath = !string.IsNullOrEmpty(request.Files?.Target);
        Require(
            !IsDump(snapshot) || request.Into is not null || (hasPath && request.Node.Length > 0),
            "The snapshot is what a command in a pod wrote, which has no place to go back to: name a node and a directory of it, or a volume to restore into.");
        bool isBound = snapshot.Volume is { } volume && (volume.Claim.Length > 0 || volume.Kind != PodVolumeKind.HostPath);
        if (request.Into is null && (hasPath || !isBound))
        {
            return null;
        }

        Require(snapshot.Source.Kind == SourceKind.Volume, "Only files of a volume are restored into a volume.");
        Require(!hasPath, "Either a volume or a directory of a node is the target, not both.");
        Require(snapshot.Volume is not { Block: true }, "The snapshot is of a raw block volume, as one file: restore that to a directory of a node.");
        Require(request.Node.Length == 0, "A volume is restored into where it is mounted; name no node, or a directory of it as target.");
        return request.Into is null ? _volumes.Own(snapshot.Volume!) : _volumes.Named(request.Into, snapshot.Volume);
    }

    private static bool IsDump(SnapshotManifest snapshot) => snapshot.Volume is { Kind: PodVolumeKind.CommandOutput };

    private static Wire.RestoreIntoVolume IntoVolume(VolumeTarget target, Wire.RestoreFilesOptions files, bool isPreview, bool isWhole) => new()
    {
        Files = files,
        Volume = new Wire.PodVolumeOptions { Volume = PodVolumeMapping.ToWire(target.Use.Volume), PodDirectory = target.Use.PodDirectory },
        HostPath = target.Use.Volume.Kind == PodVolumeKind.HostPath ? target.Use.HostPath : "",
        Own = target.IsOwn,
        Preview = isPreview,
        RootMetadata = isWhole,
    };

    private static SourceKey SourceOf(Wire.StartRestoreRequest request)
    {
        try
        {
            return SourceMapping.ToModel(request.Source);
        }
        catch (InvalidDataException e)
        {
            throw new BackupException(FailureCause.InvalidRequest, "The request names no valid source.", e);
        }
    }

    private static Wire.RestoreEtcdOptions EtcdOptions(Wire.StartRestoreRequest request, SnapshotManifest snapshot, RestoreId id)
    {
        Require(request.OptionsCase is Wire.StartRestoreRequest.OptionsOneofCase.None or Wire.StartRestoreRequest.OptionsOneofCase.Etcd,
            "Options for files do not fit an etcd restore.");
        Wire.RestoreEtcdOptions options = request.Etcd?.Clone() ?? new Wire.RestoreEtcdOptions();
        EtcdSnapshotRule.Require(snapshot, options.AcceptSuspect);
        EtcdSnapshotRule.RequireRevision(snapshot, options.Revision);
        Require(options.RevisionBump >= 0 && options.RevisionBump <= long.MaxValue - snapshot.Etcd!.Revision, "The revision bump is out of range.");
        RequirePath(options.DataDir, "data directory");
        Require(options.CalculateSize() <= TextLengthMax, "The etcd options are too long.");
        options.RevisionBump = options.RevisionBump == 0 ? RevisionBumpDefault : options.RevisionBump;
        options.ClusterToken = options.ClusterToken.Length == 0 ? $"kb-restore-{id}" : options.ClusterToken;
        return options;
    }

    private static Wire.RestoreFilesOptions FilesOptions(Wire.StartRestoreRequest request, SnapshotManifest snapshot, PathSelection selection)
    {
        Require(request.OptionsCase is Wire.StartRestoreRequest.OptionsOneofCase.None or Wire.StartRestoreRequest.OptionsOneofCase.Files,
            "Options for etcd do not fit a restore of files.");
        Wire.RestoreFilesOptions options = request.Files?.Clone() ?? new Wire.RestoreFilesOptions();
        Require(Enum.IsDefined(options.Conflicts), "The policy for existing objects is not known.");
        RequirePath(options.Target, "target");
        bool isMirror = options.Conflicts == Wire.ConflictPolicy.Mirror;
        Require(!isMirror || (snapshot.Source.Kind == SourceKind.Volume && !IsDump(snapshot)), "Only a volume can be mirrored.");
        options.Selection.Clear();
        options.Running.Clear();
        options.Rules = null;
        if (isMirror)
        {
            // What deletes is not left to what the request says: the selection as it was checked, the rules the snapshot was made with.
            options.Selection.AddRange(selection.Paths.Select(path => ByteString.CopyFrom(path)));
            options.Rules = ExclusionMapping.ToWire(snapshot.Exclusions?.Rules ?? ExcludeRules.None);
        }

        return options;
    }

    // Where it leads is the agent's to check, on its own file system; here only what no agent could use.
    private static void RequirePath(string path, string name) =>
        Require(
            path.Length == 0 || (path.StartsWith('/') && path.Length <= TextLengthMax && !path.Contains('\0', StringComparison.Ordinal)),
            $"The {name} is no absolute path.");

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new BackupException(FailureCause.InvalidRequest, problem);
        }
    }

    private string NodeFor(Wire.StartRestoreRequest request, SourceKey source)
    {
        string name = request.Node.Length == 0 ? source.Node : request.Node;
        NodeRecord node = _nodes.Find(name)
            ?? throw new BackupException(FailureCause.NotFound, $"No agent of a node '{(SourceKey.IsName(name) ? name : "?")}' ever connected.");
        return WorkAccess.IsAllowed(source.Kind, node.Role)
            ? name
            : throw new BackupException(new Failure(
                name,
                source.ToString(),
                FailureCause.PermissionDenied,
                $"The node has the role {PeerIdentity.RoleName(node.Role)}; {SourceKey.KindName(source.Kind)} data is given to control-plane nodes only."));
    }

    private async Task<PathSelection> SelectAsync(Wire.StartRestoreRequest request, SnapshotManifest snapshot, CancellationToken cancellationToken)
    {
        Require(request.Paths.Count == 0 || snapshot.Source.Kind != SourceKind.Etcd, "An etcd snapshot is restored as a whole; paths do not fit it.");
        PathSelection selection = PathSelections.From(request.Paths);
        using RepositoryLease lease = _access.Enter();
        try
        {
            await SelectionCheck.RequireAllAsync(SnapshotTrees.Open(lease, snapshot), selection, cancellationToken);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }

        return selection;
    }
}
