using Google.Protobuf;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Runs;

/// <summary>
/// What a run does when the one node it asked gave nothing, or an etcd's data that is suspect: the next node that has the same is
/// asked. A failure makes room for the next node's result; a suspect snapshot is kept beside it, and its member is not read again.
/// Where no other node is enrolled, the same one is asked once more, for another member: agents read any they reach.
/// </summary>
/// <param name="Next">The source to try.</param>
/// <param name="Replaces">True when it takes the place of the one that ended.</param>
/// <param name="Note">What people are told.</param>
internal sealed record SourceFallback(RunSource Next, bool Replaces, string Note)
{
    // What a lone node's second snapshot is called.
    private const string SecondMember = "-second-member";

    /// <summary>The step after a source ended; null when there is none.</summary>
    public static SourceFallback? After(RunRecord run, RunSource ended, WorkOutcome outcome)
    {
        if (ended.Substitutes.Count > 0)
        {
            return outcome is WorkOutcome.Failed { Failure: { Cause: not FailureCause.Cancelled } volume } && run.CancelledBy is null
                ? new SourceFallback(ended.Substitutes[0] with { Substitutes = [.. ended.Substitutes.Skip(1)] }, true, $"{ended.Source}: {volume.Message} {Place(ended.Substitutes[0])} is asked instead.")
                : null;
        }

        if (ended.Source.Kind != SourceKind.Etcd || run.CancelledBy is not null)
        {
            return null;
        }

        string? node = ended.Alternatives.FirstOrDefault(name => run.Sources.All(s => s.Source != ended.Source with { Node = name }));
        return outcome switch
        {
            WorkOutcome.Failed { Failure: { Cause: not FailureCause.Cancelled } failure } when node is not null =>
                new SourceFallback(Source(run, ended, ended.Source with { Node = node }, ""), true, $"{ended.Source}: {failure.Message} {node} is asked instead."),
            WorkOutcome.SnapshotCommitted { Manifest.Etcd: { Suspicion.Length: > 0 } etcd } when node is not null =>
                new SourceFallback(Source(run, ended, ended.Source with { Node = node }, etcd.MemberId), false, $"{ended.Source} is suspect and kept: {etcd.Suspicion} {node} is asked, too."),
            WorkOutcome.SnapshotCommitted { Manifest.Etcd: { Suspicion.Length: > 0 } etcd } when IsAlone(run, ended) && ReachesAnother(etcd) =>
                new SourceFallback(
                    Source(run, ended, ended.Source with { Name = ended.Source.Name + SecondMember }, etcd.MemberId),
                    false,
                    $"{ended.Source} is suspect and kept: {etcd.Suspicion} {ended.Source.Node} is asked for another member, too."),
            _ => null,
        };
    }

    /// <summary>The run with the source ended and the next one in it.</summary>
    public RunRecord Apply(RunRecord run, int index, RunSource ended)
    {
        RunRecord noted = run.WithNote(Note);
        return Replaces
            ? noted.WithSource(index, Next)
            : noted.WithSource(index, ended) with { Sources = [.. noted.WithSource(index, ended).Sources, Next] };
    }

    private static string Place(RunSource source) => source.Dump is { } dump ? $"Pod {dump.Pod}" : source.Source.Node;

    private static bool IsAlone(RunRecord run, RunSource ended) =>
        !ended.Source.Name.EndsWith(SecondMember, StringComparison.Ordinal)
        && ended.Source.Name.Length + SecondMember.Length <= SourceKey.NameLengthMax
        && run.Sources.Count(s => s.Source.Kind == SourceKind.Etcd && s.Source.Name == ended.Source.Name) == 1;

    private static bool ReachesAnother(EtcdEvidence etcd) => etcd.Proof.Any(proof =>
        proof.MemberId != etcd.MemberId && proof.HasVote && proof.State is not (EtcdProofState.Unreachable or EtcdProofState.NotAsked));

    private static RunSource Source(RunRecord run, RunSource ended, SourceKey key, string avoid)
    {
        Wire.BackupTask task = JsonParser.Default.Parse<Wire.BackupTask>(ended.Task);
        task.RunId = run.Id.ToString();
        task.Source = SourceMapping.ToWire(key);
        if (avoid.Length > 0)
        {
            task.Etcd.AvoidMemberIds.Add(avoid);
        }

        return new RunSource
        {
            Source = key,
            Task = JsonFormatter.Default.Format(task),
            State = SourceState.Waiting,
            Alternatives = [.. ended.Alternatives.SkipWhile(name => name != key.Node).Skip(1)],
        };
    }
}
