using System.Globalization;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Etcd.Proving;

/// <summary>
/// Level V4: asks every member for the hash of its key space at the snapshot's revision, one after the other since each walks
/// everything it has, and compares it with the snapshot's own. An answer after a later compaction is compared with what the
/// snapshot gives for that compaction.
/// </summary>
public sealed class KeySpaceProof
{
    // A follower applies what the leader has committed within a heartbeat or two.
    private const int CatchUpAttempts = 10;
    private static readonly TimeSpan _catchUpPause = TimeSpan.FromMilliseconds(300);

    private readonly BoltFile _snapshot;
    private readonly SnapshotFacts _facts;
    private readonly EtcdClientOptions _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<long, uint> _hashes;

    private KeySpaceProof(BoltFile snapshot, SnapshotFacts facts, EtcdClientOptions options, TimeProvider time)
    {
        _snapshot = snapshot;
        _facts = facts;
        _options = options;
        _time = time;
        _hashes = new Dictionary<long, uint> { [facts.CompactRevision] = facts.KeySpaceHash };
    }

    /// <summary>What each member of the survey says. Members that cannot be asked are in it, too.</summary>
    /// <param name="path">The snapshot.</param>
    /// <param name="facts">What verifying it gave.</param>
    /// <param name="survey">The members.</param>
    /// <param name="options">Time limits.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="CorruptDatabaseException">The snapshot's database is damaged.</exception>
    /// <exception cref="IOException">The snapshot cannot be read.</exception>
    public static async Task<IReadOnlyList<EtcdMemberProof>> AskAsync(
        string path, SnapshotFacts facts, ClusterSurvey survey, EtcdClientOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(survey);
        using var snapshot = BoltFile.Open(path);
        var proof = new KeySpaceProof(snapshot, facts, options, time);
        List<EtcdMemberProof> all = [];
        foreach (var member in survey.Members)
        {
            all.Add(await proof.AskAsync(member, cancellationToken).ConfigureAwait(false));
        }

        return all;
    }

    private async Task<EtcdMemberProof> AskAsync(SurveyedMember member, CancellationToken cancellationToken)
    {
        if (member.Status is null || member.Endpoint is null)
        {
            return Result(member, EtcdProofState.Unreachable, detail: member.Problem);
        }

        if (!member.HasVote)
        {
            return Result(member, EtcdProofState.NotAsked, detail: "a learner");
        }

        try
        {
            using var client = EtcdMemberClient.Create(member.Endpoint, _options, _time);
            return await CompareAsync(member, client, cancellationToken).ConfigureAwait(false);
        }
        catch (EtcdCallException e)
        {
            return e.Error switch
            {
                EtcdCallError.Compacted => Result(member, EtcdProofState.Incomparable, detail: "it has compacted that revision"),
                EtcdCallError.FutureRevision => Result(member, EtcdProofState.Behind),
                _ => Result(member, EtcdProofState.Unreachable, detail: e.Message),
            };
        }
    }

    private async Task<EtcdMemberProof> CompareAsync(SurveyedMember member, EtcdMemberClient client, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            HashKvAnswer answer;
            try
            {
                answer = await client.HashKvAsync(_facts.Revision, cancellationToken).ConfigureAwait(false);
            }
            catch (EtcdCallException e) when (e.Error == EtcdCallError.FutureRevision && attempt < CatchUpAttempts)
            {
                await Task.Delay(_catchUpPause, _time, cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (answer.CompactRevision >= _facts.CompactRevision)
            {
                var own = await HashAsync(answer.CompactRevision, cancellationToken).ConfigureAwait(false);
                return Result(member, answer.Hash == own ? EtcdProofState.Agrees : EtcdProofState.Differs, answer);
            }

            // The snapshot lacks what this member has yet to compact.
            if (attempt == CatchUpAttempts)
            {
                return Result(member, EtcdProofState.Incomparable, answer, "it has not compacted as far as the snapshot");
            }

            await Task.Delay(_catchUpPause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<uint> HashAsync(long compactRevision, CancellationToken cancellationToken)
    {
        if (!_hashes.TryGetValue(compactRevision, out var hash))
        {
            hash = await Task.Run(() => KeySpaceHasher.Compute(_snapshot, _facts.Revision, compactRevision, cancellationToken), cancellationToken).ConfigureAwait(false);
            _hashes[compactRevision] = hash;
        }

        return hash;
    }

    private static EtcdMemberProof Result(SurveyedMember member, EtcdProofState state, HashKvAnswer? answer = null, string detail = "") => new(
        member.Member.Id.ToString("x", CultureInfo.InvariantCulture),
        member.Member.Name,
        member.Status?.Version ?? "",
        member.Role,
        member.Status?.RaftAppliedIndex ?? 0,
        state,
        answer?.Hash ?? 0,
        answer?.CompactRevision ?? 0,
        detail);
}
