using System.Globalization;
using System.Security.Cryptography;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Surviving;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Etcd;

/// <summary>
/// Takes the database of a stopped member as a snapshot, where no etcd serves any more: (1) look at the disk, (2) hold the locks of a
/// server, so that none starts, (3) copy the pages in use into the spool and put a digest behind them, as etcd does, (4) walk pages and key
/// space of the copy, (5) say in the evidence where it is from. The digest is ours: it proves the copy, and nothing before it.
/// </summary>
internal sealed class EtcdSalvage
{
    private const string DefaultDataDirectory = "/var/lib/etcd";

    private readonly AgentOptions _options;
    private readonly HostRoot _host;
    private readonly EtcdLocator _locator;
    private readonly SpoolBudget _budget;
    private readonly TimeProvider _clock;

    public EtcdSalvage(AgentOptions options, HostRoot host, EtcdLocator locator, SpoolBudget budget, TimeProvider clock)
    {
        _options = options;
        _host = host;
        _locator = locator;
        _budget = budget;
        _clock = clock;
    }

    /// <summary>A snapshot in the spool; the caller disposes it.</summary>
    /// <exception cref="BackupException">There is none, and the exception says why.</exception>
    public async Task<EtcdSnapshot> TakeAsync(WorkMeter meter, CancellationToken cancellationToken)
    {
        EtcdMemberSetup? setup = _locator.Setup();
        string directory = setup?.DataDirectory ?? _host.Resolve(DefaultDataDirectory)
            ?? throw new BackupException(FailureCause.SourceMissing, $"{DefaultDataDirectory} leads in a circle of links.");
        try
        {
            // (1)
            meter.Begin("looking", restart: true);
            MemberDisk disk = await MemberSurvey.ReadAsync(directory, setup?.WalDirectory, cancellationToken);
            SnapshotFacts found = disk.Database ?? throw Unusable(disk);
            return await Task.Run(() => Copy(disk, setup?.WalDirectory, found, meter, cancellationToken), cancellationToken);
        }
        catch (Exception e) when (e is CorruptDatabaseException or SnapshotInvalidException)
        {
            throw new BackupException(FailureCause.EtcdSnapshotInvalid, $"The copy of the database does not verify: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.SourceUnreadable, $"{_host.NodePath(directory)} cannot be copied: {e.Message}", e);
        }
    }

    private BackupException Unusable(MemberDisk disk) => disk.Use switch
    {
        DataDirUse.NoMember => new BackupException(FailureCause.SourceMissing, $"There is no member in {_host.NodePath(disk.DataDirectory)}."),
        DataDirUse.Free => new BackupException(FailureCause.SourceUnreadable, $"The database in {_host.NodePath(disk.DataDirectory)} is damaged: {disk.DatabaseProblem}"),
        _ => new BackupException(FailureCause.TargetInUse, $"An etcd runs on {_host.NodePath(disk.DataDirectory)}. Back it up as it is, or stop it first."),
    };

    private EtcdSnapshot Copy(MemberDisk disk, string? walDirectory, SnapshotFacts found, WorkMeter meter, CancellationToken cancellationToken)
    {
        IDisposable reservation = _budget.Reserve(found.DatabaseBytes + SHA256.HashSizeInBytes);
        SpoolFile? spool = null;
        try
        {
            spool = SpoolFile.Create(_options.SpoolDirectory);
            // (2), (3)
            meter.Begin("copying");
            meter.SetTotals(found.DatabaseBytes, 1);
            DataDirUse use = StoppedDatabase.Copy(disk.DataDirectory, walDirectory, found.DatabaseBytes, spool.Stream, meter.AddBytes, cancellationToken);
            if (use != DataDirUse.Free)
            {
                throw Unusable(disk with { Use = use });
            }

            // (4)
            meter.Begin("verifying");
            SnapshotFacts facts = SnapshotVerifier.Verify(spool.DescriptorPath, DigestRule.Required, cancellationToken);
            // (5)
            return new EtcdSnapshot(spool, reservation, facts, Evidence(disk, facts), _clock.GetUtcNow());
        }
        catch
        {
            reservation.Dispose();
            spool?.Stream.Dispose();
            throw;
        }
    }

    private EtcdEvidence Evidence(MemberDisk disk, SnapshotFacts facts) => new()
    {
        Revision = facts.Revision,
        CompactRevision = facts.CompactRevision,
        Keys = facts.LiveKeys,
        DatabaseBytes = facts.DatabaseBytes,
        PageBytes = facts.PageSize,
        ClusterId = Hex(disk.Wal.ClusterId),
        MemberId = Hex(disk.Wal.MemberId),
        MemberName = facts.Members.FirstOrDefault(each => each.Id == disk.Wal.MemberId)?.Name ?? "",
        ServerVersion = facts.Version.ToString(),
        DataVersion = facts.StorageVersion ?? facts.ClusterVersion ?? "",
        Sha256 = facts.Sha256 ?? "",
        HashKv = facts.KeySpaceHash,
        Verified = [EtcdEvidence.DataDirectory, "V2", "V3"],
        Members = [.. facts.Members.Select(each => $"{Hex(each.Id)} {each.Name} {string.Join(',', each.PeerUrls)}")],
        Alarms = [.. facts.Alarms.Select(alarm => $"{alarm.Kind} {Hex(alarm.MemberId)}")],
        Notes =
        [
            $"Copied from {_host.NodePath(disk.DataDirectory)} of a stopped member: no etcd vouched for it, no other member was asked, and its digest was made here.",
            string.Create(CultureInfo.InvariantCulture, $"Applied index {facts.ConsistentIndex}; the log ends at {disk.Wal.LastIndex} and knows {disk.Wal.Commit} as agreed on."),
        ],
        Encryption = facts.Encryption,
    };

    private static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);
}
