using Google.Protobuf.WellKnownTypes;
using K8sBackup.Agent.Download;
using K8sBackup.Agent.Restore;
using K8sBackup.Agent.Session;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Booting;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Drills;

/// <summary>
/// Rehearses the restore of an etcd snapshot: fetches it as a restore does, builds a data-dir of it without changing a revision, and lets a
/// real etcd serve it, whose HashKV must then be the one that was recorded when the snapshot was taken.
/// </summary>
internal sealed class EtcdDrillRun
{
    private readonly DrillScratch _scratch;
    private readonly EtcdBinaryFinder _finder;
    private readonly string? _memberName;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;

    public EtcdDrillRun(DrillScratch scratch, EtcdBinaryFinder finder, string? memberName, TimeProvider clock, ILogger log)
    {
        _scratch = scratch;
        _finder = finder;
        _memberName = memberName;
        _clock = clock;
        _log = log;
    }

    /// <exception cref="BackupException">It could not be held.</exception>
    public async Task<DrillReport> RunAsync(
        RestoreFeed feed, ChunkDecoder decoder, DrillOptions options, WorkMeter meter, CancellationToken cancellationToken)
    {
        try
        {
            // First, so that nothing is fetched in vain.
            EtcdBinary binary = await _finder.FindAsync(_memberName, _scratch.Program, cancellationToken);
            meter.Begin("downloading");
            long began = _clock.GetTimestamp();
            await SnapshotDownload.RunAsync(feed, decoder, _scratch.Snapshot, meter, cancellationToken);
            TimeSpan downloading = _clock.GetElapsedTime(began);
            meter.Begin("booting");
            BootTestReport booted = await new BootTest(_clock).RunAsync(RequestFor(binary, options), cancellationToken);
            return new DrillReport { Passed = true, Etcd = ToWire(booted, downloading) };
        }
        catch (BootTestException e) when (e.IsVerdict)
        {
            DrillLog.ServerSaid(_log, e.ServerLog);
            return Failed(e.Message);
        }
        catch (Exception e) when (e is SnapshotInvalidException or CorruptDatabaseException
            or DataDirException { Fault: DataDirFault.VerificationFailed or DataDirFault.FileCorrupt })
        {
            return Failed(e.Message);
        }
        catch (Exception e) when (e is BootTestException or DataDirException or IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The drill cannot be held here: {e.Message}", e);
        }
    }

    private static DrillReport Failed(string reason) => new() { Reason = reason.Length <= ReasonLengthMax ? reason : reason[..ReasonLengthMax] };

    private const int ReasonLengthMax = 4096;

    private BootTestRequest RequestFor(EtcdBinary binary, DrillOptions options) => new()
    {
        Binary = binary,
        DataDir = new DataDirRequest
        {
            DatabasePath = _scratch.Snapshot,
            RevisionBump = 0,
            StageDirectory = _scratch.Boot,
            Members = [],
            MemberName = "",
            ClusterToken = "",
            TargetVersion = binary.Version,
        },
        ScratchDirectory = _scratch.Boot,
        RequireIsolation = options.RequireIsolation,
        SampledKeys = Math.Clamp(options.SampledKeys, 1, 10_000),
        SampleSeed = options.Seed,
    };

    private static EtcdDrillResult ToWire(BootTestReport booted, TimeSpan downloading) => new()
    {
        Revision = booted.Built.RevisionBefore,
        HashKv = booted.Built.KeySpaceHash,
        Keys = booted.Built.LiveKeys,
        KeysRead = booted.KeysRead,
        DatabaseBytes = booted.Built.DatabaseBytes,
        ServerVersion = booted.ServerVersion,
        BinaryOrigin = booted.BinaryOrigin,
        NotIsolatedBecause = booted.NotIsolatedBecause ?? "",
        Downloading = Duration.FromTimeSpan(downloading),
        Building = Duration.FromTimeSpan(booted.Building),
        Starting = Duration.FromTimeSpan(booted.Starting),
        Proving = Duration.FromTimeSpan(booted.Proving + booted.Reading),
    };
}
