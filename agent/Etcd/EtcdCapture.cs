using System.Globalization;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Etcd;

/// <summary>
/// Takes one verified snapshot: (1) ask the member about itself, (2) reserve spool, (3) stream at full speed (V1),
/// (4) walk pages and key space (V2, V3), (5) put the evidence together.
/// </summary>
internal sealed class EtcdCapture
{
    // A database grows between the question for its size and the snapshot.
    private const long GrowthBytes = 64L * 1024 * 1024;

    private const int AttemptsMax = 3;

    private readonly AgentOptions _options;
    private readonly SpoolBudget _budget;
    private readonly FullJitter _jitter;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;

    public EtcdCapture(AgentOptions options, SpoolBudget budget, FullJitter jitter, TimeProvider clock, ILogger<EtcdCapture> log)
    {
        _options = options;
        _budget = budget;
        _jitter = jitter;
        _clock = clock;
        _log = log;
    }

    /// <summary>A snapshot in the spool; the caller disposes it.</summary>
    /// <exception cref="BackupException">There is none, and the exception says why.</exception>
    public async Task<EtcdSnapshot> TakeAsync(EtcdEndpoint endpoint, WorkMeter meter, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(endpoint, meter, cancellationToken);
            }
            catch (Exception e) when (IsWorthAnotherAttempt(e) && attempt < AttemptsMax)
            {
                EtcdLog.SnapshotFailed(_log, endpoint.Address, e.Message);
                await _jitter.WaitAsync(attempt, cancellationToken);
            }
            catch (Exception e) when (EtcdErrors.Capturing(e) is { } failure)
            {
                throw failure;
            }
        }
    }

    private static bool IsWorthAnotherAttempt(Exception exception) => exception switch
    {
        EtcdCallException e => !e.IsPermanent,
        EtcdSnapshotException e => !e.IsPermanent,
        SnapshotInvalidException or K8sBackup.Etcd.Bolt.CorruptDatabaseException => true,
        _ => false,
    };

    private async Task<EtcdSnapshot> TryAsync(EtcdEndpoint endpoint, WorkMeter meter, CancellationToken cancellationToken)
    {
        meter.Begin("snapshotting", restart: true);
        // (1)
        using EtcdMemberClient client = EtcdMemberClient.Create(endpoint, new EtcdClientOptions(), _clock);
        EtcdMemberStatus status = await client.StatusAsync(cancellationToken);
        if (status.IsLearner)
        {
            throw new BackupException(FailureCause.EtcdUnavailable, $"The etcd member at {endpoint.Address} is a learner, whose data may be old.");
        }

        IReadOnlyList<EtcdMemberFact> members = await client.MemberListAsync(linearizable: false, cancellationToken);
        // (2)
        long bytesMax = status.DatabaseBytes + (status.DatabaseBytes / 4) + GrowthBytes;
        IDisposable reservation = _budget.Reserve(Math.Min(bytesMax, _options.SpoolBytesMax));
        SpoolFile? spool = null;
        try
        {
            spool = SpoolFile.Create(_options.SpoolDirectory);
            RequireFreeSpace(status.DatabaseBytes);
            meter.SetTotals(status.DatabaseBytes, 1);
            // (3)
            await client.SnapshotAsync(spool.Stream, Math.Min(bytesMax, _options.SpoolBytesMax), cancellationToken);
            // (4)
            meter.Begin("verifying");
            string path = spool.DescriptorPath;
            SnapshotFacts facts = await Task.Run(() => SnapshotVerifier.Verify(path, DigestRule.Required, cancellationToken), cancellationToken);
            EtcdLog.SnapshotTaken(_log, endpoint.Address, facts.Revision, facts.LiveKeys, facts.FileBytes);
            // (5)
            return new EtcdSnapshot(spool, reservation, facts, Evidence(status, members, facts), _clock.GetUtcNow());
        }
        catch
        {
            reservation.Dispose();
            if (spool is not null)
            {
                await spool.DisposeAsync();
            }

            throw;
        }
    }

    private void RequireFreeSpace(long databaseBytes)
    {
        long free = new DriveInfo(_options.SpoolDirectory).AvailableFreeSpace;
        if (free < databaseBytes)
        {
            throw new BackupException(FailureCause.SpoolFull, $"The database has {databaseBytes} bytes; the file system of the spool has {free} free.");
        }
    }

    private static EtcdEvidence Evidence(EtcdMemberStatus status, IReadOnlyList<EtcdMemberFact> members, SnapshotFacts facts) => new()
    {
        Revision = facts.Revision,
        CompactRevision = facts.CompactRevision,
        Keys = facts.LiveKeys,
        DatabaseBytes = facts.DatabaseBytes,
        PageBytes = facts.PageSize,
        ClusterId = status.ClusterId.ToString("x", CultureInfo.InvariantCulture),
        MemberId = status.MemberId.ToString("x", CultureInfo.InvariantCulture),
        MemberName = members.FirstOrDefault(member => member.Id == status.MemberId)?.Name ?? "",
        ServerVersion = status.Version,
        DataVersion = facts.StorageVersion ?? facts.ClusterVersion ?? "",
        Sha256 = facts.Sha256 ?? "",
        HashKv = facts.KeySpaceHash,
        Verified = ["V1", "V2", "V3"],
        Members = [.. members.Select(member => $"{member.Id.ToString("x", CultureInfo.InvariantCulture)} {member.Name} {string.Join(',', member.PeerUrls)}")],
        Alarms = [.. facts.Alarms.Select(alarm => $"{alarm.Kind} {alarm.MemberId.ToString("x", CultureInfo.InvariantCulture)}")],
    };
}
