using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>
/// Waits until the member serves reads that need a quorum, and compares its identity with what was built. Revision and
/// hash go to the coordinator, which has those of all members.
/// </summary>
internal sealed class CheckStep : IMemberStep
{
    private static readonly EtcdClientOptions Patient = new() { CallTimeout = TimeSpan.FromSeconds(5) };

    private readonly StepGround _ground;
    private readonly MemberPlaces _places;
    private readonly StepWait _wait;
    private readonly TimeProvider _clock;

    public CheckStep(StepGround ground, MemberPlaces places, StepWait wait, TimeProvider clock)
    {
        _ground = ground;
        _places = places;
        _wait = wait;
        _clock = clock;
    }

    public async Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken)
    {
        MemberPlace place = _places.Locate(run.RestoreId);
        NodeJournal journal = _ground.Swapped(run.RestoreId, place);
        StepGround.Require(journal.EtcdStarted, FailureCause.InvalidRequest, "The step is refused: etcd is to be started first.");
        run.Meter.Begin("waiting for etcd");
        long begin = _clock.GetTimestamp();
        string last = "it did not answer";
        MemberState? state = null;
        bool serves = await _wait.UntilAsync(
            async () =>
            {
                (state, last) = await AskAsync(place, cancellationToken);
                return state is not null;
            },
            run.Patience,
            cancellationToken);
        StepGround.Require(serves, FailureCause.EtcdUnavailable, $"The restored member does not serve after {run.Patience.TotalSeconds:0} s: {last}");
        RequireIdentity(StepGround.Built(journal), state!);
        state!.Milliseconds = (long)_clock.GetElapsedTime(begin).TotalMilliseconds;
        return new RestoreStepReport { State = state };
    }

    private static void RequireIdentity(StagedMember built, MemberState state)
    {
        Same("cluster id", built.ClusterId, state.ClusterId);
        Same("member id", built.MemberId, state.MemberId);
        Same("members", string.Join(' ', built.MemberIds), string.Join(' ', state.MemberIds));
    }

    private static void Same(string what, string built, string found) => StepGround.Require(
        built == found, FailureCause.EtcdSnapshotInvalid, $"The etcd that runs is not the one that was built: its {what} is {found} in place of {built}.");

    private async Task<(MemberState? State, string Last)> AskAsync(MemberPlace place, CancellationToken cancellationToken)
    {
        try
        {
            using EtcdMemberClient client = EtcdMemberClient.Create(place.Setup.Endpoint, Patient, _clock);
            await client.CountKeysAsync(cancellationToken);
            // Right after the start, before a lease can expire; asked with a number, servers up to 3.5 say "compacted".
            HashKvAnswer hash = await client.HashKvAsync(0, cancellationToken);
            EtcdMemberStatus status = await client.StatusAsync(cancellationToken);
            IReadOnlyList<EtcdMemberFact> members = await client.MemberListAsync(linearizable: false, cancellationToken);
            IReadOnlyList<EtcdAlarmFact> alarms = await client.AlarmsAsync(cancellationToken);
            return (new MemberState
            {
                ClusterId = StageStep.Hex(status.ClusterId),
                MemberId = StageStep.Hex(status.MemberId),
                MemberIds = { members.Select(member => member.Id).Order().Select(StageStep.Hex) },
                Revision = hash.Revision,
                KeySpaceHash = hash.Hash,
                Alarms = { alarms.Select(alarm => alarm.Kind.ToString()) },
            }, "");
        }
        catch (Exception e) when (e is EtcdCallException or IOException or System.Security.Cryptography.CryptographicException)
        {
            return (null, e.Message);
        }
    }
}
