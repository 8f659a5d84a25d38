using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Files;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>
/// Builds the data-dir of one member from a snapshot, in a directory of its own:
/// (1) verify the snapshot (V1-V3) and the versions, (2) check the room, (3) write the database, (4) the WAL, (5) the snap
/// file, (6) owner, modes and syncs, (7) read everything back and compare. A failure removes what was written.
/// </summary>
public sealed class DataDirBuilder
{
    private readonly Func<string, long> _availableBytes;

    /// <summary>A builder that asks the file system how much room there is.</summary>
    public DataDirBuilder()
        : this(DataDirSpace.AvailableBytes)
    {
    }

    /// <summary>A builder with another source for the free bytes of a directory.</summary>
    public DataDirBuilder(Func<string, long> availableBytes)
    {
        _availableBytes = availableBytes;
    }

    /// <summary>Builds on a worker thread; see <see cref="Build"/>.</summary>
    public Task<BuiltDataDir> BuildAsync(DataDirRequest request, CancellationToken cancellationToken) =>
        Task.Run(() => Build(request, cancellationToken), cancellationToken);

    /// <summary>Builds and verifies; returns only when everything is on disk.</summary>
    /// <exception cref="DataDirException">The request or the target does not fit, or the result is not what was meant.</exception>
    /// <exception cref="SnapshotInvalidException">The snapshot is cut or changed.</exception>
    /// <exception cref="CorruptDatabaseException">The snapshot's database is damaged.</exception>
    /// <exception cref="IOException">Reading or writing failed.</exception>
    public BuiltDataDir Build(DataDirRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfNegative(request.RevisionBump);
        var identity = ClusterIdentity.Create(request.Members, request.ClusterToken);
        var member = identity.Member(request.MemberName);

        // (1)
        var facts = SnapshotVerifier.Verify(request.DatabasePath, request.Digest, cancellationToken);
        var fit = VersionGuard.Check(facts.Version, request.TargetVersion);
        if (fit == VersionFit.TargetTooOld)
        {
            throw new DataDirException(
                DataDirFault.TargetTooOld, $"the data is of etcd {facts.Version}, the target runs {request.TargetVersion}");
        }

        // (2)
        var layout = PlanLayout(request);
        try
        {
            foreach (var directory in layout.Directories)
            {
                PosixFile.CreateDirectory(directory);
            }

            DataDirSpace.Require(request.StageDirectory, facts.DatabaseBytes, _availableBytes(request.StageDirectory));
            using var source = BoltFile.Open(request.DatabasePath);
            var forecast = DatabaseForecast.Of(
                source, facts, request.Revision, request.RevisionBump, request.Members.Count, cancellationToken);

            // (3) to (6)
            var bytes = WriteFiles(request, layout, identity, member, source, forecast, cancellationToken);
            var built = Describe(layout, identity, member, forecast, fit) with { DatabaseBytes = bytes };

            // (7)
            DataDirVerifier.Verify(built, cancellationToken);
            return built;
        }
        catch
        {
            layout.Remove();
            throw;
        }
    }

    private static BuiltDataDir Describe(
        DataDirLayout layout, ClusterIdentity identity, ClusterMember member, DatabaseForecast forecast, VersionFit fit) => new()
    {
        MemberDirectory = layout.Member,
        WalDirectory = layout.Wal,
        ClusterId = identity.ClusterId,
        MemberId = member.Id,
        MemberIds = [.. identity.Members.Select(each => each.Id)],
        RevisionBefore = forecast.RevisionBefore,
        RevisionAfter = forecast.RevisionAfter,
        CompactRevision = forecast.CompactRevision,
        LiveKeys = forecast.LiveKeys,
        DatabaseBytes = 0,
        KeySpaceHash = forecast.KeySpaceHash,
        Transformations = forecast.Transformations,
        VersionFit = fit,
    };

    private static long WriteFiles(
        DataDirRequest request, DataDirLayout layout, ClusterIdentity identity, ClusterMember member,
        BoltFile source, DatabaseForecast forecast, CancellationToken cancellationToken)
    {
        var keepsRaftState = request.TargetVersion >= EtcdVersion.V35;
        var bytes = new DatabaseRewriter(source, identity, forecast, keepsRaftState).WriteTo(layout.Database, cancellationToken);
        WalFileWriter.Write(layout.WalFile, identity, member.Id, withConfState: keepsRaftState);
        SnapFileWriter.Write(Path.Combine(layout.Snap, SnapFileWriter.FileName(identity.Members.Count)), identity);
        layout.Own(request.Owner, request.LabelFrom);
        layout.Sync();
        return bytes;
    }

    private static DataDirLayout PlanLayout(DataDirRequest request)
    {
        var layout = new DataDirLayout(request.StageDirectory, request.WalStageDirectory);
        foreach (var root in layout.Roots)
        {
            if (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
            {
                throw new DataDirException(DataDirFault.StageNotEmpty, $"{root} is not empty");
            }
        }

        return layout;
    }
}
