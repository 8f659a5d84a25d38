using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Proving;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Etcd;

/// <summary>
/// Takes one verified snapshot: (1) ask the members about themselves and choose one, (2) reserve spool, (3) stream at full speed
/// (V1), (4) walk pages and key space (V2, V3), (5) compare it with every member (V4), (6) put the evidence together. A
/// snapshot that differs from what its own member says was read wrongly, and is taken again; one that differs from other
/// members is kept, and its evidence makes it suspect.
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
    /// <param name="endpoint">The member of this node.</param>
    /// <param name="avoid">Ids of members not to read, because their data differed from that of others.</param>
    /// <param name="meter">Told how far it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<EtcdSnapshot> TakeAsync(
        EtcdEndpoint endpoint, IReadOnlyCollection<ulong> avoid, WorkMeter meter, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                EtcdSnapshot snapshot = await TryAsync(endpoint, avoid, meter, cancellationToken);
                if (!snapshot.WasReadWrongly || attempt == AttemptsMax)
                {
                    return snapshot;
                }

                await snapshot.DisposeAsync();
                EtcdLog.SnapshotFailed(_log, endpoint.Address, "the member says that it holds other data than the snapshot");
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
        NoMemberFitException => true,
        SnapshotInvalidException or K8sBackup.Etcd.Bolt.CorruptDatabaseException => true,
        _ => false,
    };

    private async Task<EtcdSnapshot> TryAsync(
        EtcdEndpoint endpoint, IReadOnlyCollection<ulong> avoid, WorkMeter meter, CancellationToken cancellationToken)
    {
        meter.Begin("snapshotting", restart: true);
        // (1)
        EtcdClientOptions options = new();
        ClusterSurvey survey = await ClusterSurvey.TakeAsync(endpoint, options, _clock, cancellationToken);
        MemberChoice choice = MemberChoice.Of(survey, avoid);
        if (choice.Chosen is not { Status: { } status, Endpoint: { } chosen } member)
        {
            throw new NoMemberFitException($"No member of etcd is fit to be read. {string.Join(' ', choice.Notes)}");
        }

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
            using (EtcdMemberClient client = EtcdMemberClient.Create(chosen, options, _clock))
            {
                await client.SnapshotAsync(spool.Stream, Math.Min(bytesMax, _options.SpoolBytesMax), cancellationToken);
            }

            await RefuseDefragmentedAsync(chosen, options, cancellationToken);
            // (4)
            meter.Begin("verifying");
            string path = spool.DescriptorPath;
            SnapshotFacts facts = await Task.Run(() => SnapshotVerifier.Verify(path, DigestRule.Required, cancellationToken), cancellationToken);
            // (5)
            meter.Begin("comparing");
            IReadOnlyList<EtcdMemberProof> proof = await KeySpaceProof.AskAsync(path, facts, survey, options, _clock, cancellationToken);
            // (6)
            EtcdEvidence evidence = EvidenceOf.Snapshot(survey, member, facts, proof, choice.Notes);
            Report(chosen, facts, evidence);
            return new EtcdSnapshot(spool, reservation, facts, evidence, _clock.GetUtcNow());
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

    // One that began after the member was chosen.
    private async Task RefuseDefragmentedAsync(EtcdEndpoint endpoint, EtcdClientOptions options, CancellationToken cancellationToken)
    {
        if (await DefragmentationMetric.ReadAsync(endpoint, options.CallTimeout, _clock, cancellationToken) == true)
        {
            throw new SnapshotInvalidException(SnapshotFault.Defragmented, $"the member at {endpoint.Address} was defragmented meanwhile");
        }
    }

    private void Report(EtcdEndpoint endpoint, SnapshotFacts facts, EtcdEvidence evidence)
    {
        EtcdLog.SnapshotTaken(_log, endpoint.Address, facts.Revision, facts.LiveKeys, facts.FileBytes);
        if (EtcdSuspicion.Disagreement(evidence) is { Length: > 0 } disagreement)
        {
            EtcdLog.MembersDisagree(_log, endpoint.Address, disagreement);
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
}
