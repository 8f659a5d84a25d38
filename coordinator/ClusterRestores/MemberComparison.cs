using System.Globalization;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using Failure = K8sBackup.Model.Outcomes.Failure;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>Whether what the nodes built, and what they run, is one cluster, and the one that was meant.</summary>
internal static class MemberComparison
{
    /// <summary>Compares what was built on all members with each other and with ids computed here; null when it fits.</summary>
    public static Failure? OfStaged(ClusterRestoreRecord record)
    {
        ClusterIdentity identity = Identity(MessageJson.Parse<RestoreTarget>(record.Target));
        string ids = string.Join(' ', identity.Members.Select(member => Hex(member.Id)));
        StagedMember[] staged = [.. record.Members.Select(Staged)];
        foreach ((ClusterNode node, StagedMember built) in record.Members.Zip(staged))
        {
            string? difference =
                built.ClusterId != Hex(identity.ClusterId) ? $"cluster id {built.ClusterId} in place of {Hex(identity.ClusterId)}"
                : string.Join(' ', built.MemberIds) != ids ? $"members {string.Join(' ', built.MemberIds)} in place of {ids}"
                : built.MemberId != OwnId(record, identity, node) ? $"member id {built.MemberId} in place of {OwnId(record, identity, node)}"
                : built.RevisionAfter != staged[0].RevisionAfter ? $"revision {built.RevisionAfter} where {record.Members.First().Name} has {staged[0].RevisionAfter}"
                : built.KeySpaceHash != staged[0].KeySpaceHash ? $"another hash of its keys than {record.Members.First().Name}"
                : null;
            if (difference is not null)
            {
                return new Failure(node.Name, record.Source.ToString(), FailureCause.EtcdSnapshotInvalid, $"The node built {difference}.");
            }
        }

        return null;
    }

    /// <summary>Compares what runs on all members with what was built; null when nothing speaks against it.</summary>
    public static Failure? OfStates(ClusterRestoreRecord record)
    {
        foreach (ClusterNode node in record.Members)
        {
            (StagedMember built, MemberState state) = (Staged(node), State(node));
            string? difference =
                state.ClusterId != built.ClusterId ? $"is in cluster {state.ClusterId} in place of {built.ClusterId}"
                : string.Join(' ', state.MemberIds) != string.Join(' ', built.MemberIds) ? $"knows the members {string.Join(' ', state.MemberIds)} in place of {string.Join(' ', built.MemberIds)}"
                : state.Alarms.Count > 0 ? $"has alarms: {string.Join(", ", state.Alarms)}"
                : state.Revision < built.RevisionAfter ? $"is at revision {state.Revision}, before the {built.RevisionAfter} that was built"
                : state.Revision == built.RevisionAfter && state.KeySpaceHash != built.KeySpaceHash ? "holds other keys than were built (HashKV differs)"
                : null;
            if (difference is not null)
            {
                return new Failure(node.Name, record.Source.ToString(), FailureCause.EtcdSnapshotInvalid, $"The restored member {difference}.");
            }
        }

        IGrouping<long, MemberState>? split = record.Members.Select(State).GroupBy(state => state.Revision)
            .FirstOrDefault(group => group.Select(state => state.KeySpaceHash).Distinct().Count() > 1);
        return split is null ? null
            : new Failure("", record.Source.ToString(), FailureCause.EtcdSnapshotInvalid, $"The members hold different keys at revision {split.Key} (HashKV differs).");
    }

    /// <summary>False when members were asked at different revisions, so that their hashes cannot be compared.</summary>
    public static bool AreAtOneRevision(ClusterRestoreRecord record) => record.Members.Select(node => State(node).Revision).Distinct().Count() == 1;

    /// <exception cref="DataDirException">The members make no cluster.</exception>
    public static ClusterIdentity Identity(RestoreTarget target) => ClusterIdentity.Create(
        [.. target.Members.Select(member => new InitialMember(member.Name, [.. member.PeerUrls]))], target.ClusterToken);

    public static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);

    private static string OwnId(ClusterRestoreRecord record, ClusterIdentity identity, ClusterNode node)
    {
        TargetMember own = MessageJson.Parse<RestoreTarget>(record.Target).Members.Single(member => member.Node == node.Name);
        return Hex(identity.Member(own.Name).Id);
    }

    private static StagedMember Staged(ClusterNode node) => node.Staged is { } json ? MessageJson.Parse<StagedMember>(json) : new StagedMember();

    private static MemberState State(ClusterNode node) => node.State is { } json ? MessageJson.Parse<MemberState>(json) : new MemberState();
}
