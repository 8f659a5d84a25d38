using System.Globalization;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>One difference between a snapshot and the database restored from it.</summary>
/// <param name="Kind">What is different.</param>
/// <param name="Count">How many of what it is about: members, changes, leases, keys, revisions, alarms, pages.</param>
/// <param name="Description">The same as a sentence for people.</param>
public sealed record DataDirTransformation(DataDirTransformationKind Kind, long Count, string Description)
{
    internal static IReadOnlyList<DataDirTransformation> ListOf(SnapshotFacts facts, DatabaseForecast forecast, int members)
    {
        List<DataDirTransformation> all =
        [
            Of(DataDirTransformationKind.MembershipReplaced, members, $"The {facts.Members.Count} members recorded are replaced by the {members} of the new cluster; raft starts over."),
            Of(DataDirTransformationKind.HistoryDropped, forecast.EntriesDropped, $"{forecast.EntriesDropped} changes after revision {forecast.RevisionBefore} are left out; the snapshot ends at {facts.Revision}."),
            Of(DataDirTransformationKind.LeasesRegranted, forecast.LeasesToGrant.Count, $"{forecast.LeasesToGrant.Count} leases that ended after revision {forecast.RevisionBefore} are granted again for {DatabaseForecast.RegrantedSeconds} seconds, so that what hangs on them ends again."),
            Of(DataDirTransformationKind.MasterLeasesDropped, forecast.MasterLeases, $"{forecast.MasterLeases} addresses of API servers of that time are left out; those that run enter their own."),
            Of(DataDirTransformationKind.RevisionBumped, forecast.RevisionAfter - forecast.RevisionBefore, $"The revision moves from {forecast.RevisionBefore} to {forecast.RevisionAfter}, and everything before is marked compacted, so that every watcher starts over."),
            Of(DataDirTransformationKind.AlarmsCleared, facts.Alarms.Count, $"{facts.Alarms.Count} alarms are cleared."),
            Of(DataDirTransformationKind.DowngradeCleared, facts.DowngradePending ? 1 : 0, $"A downgrade that was under way is forgotten."),
            Of(DataDirTransformationKind.FreePagesDropped, facts.FreePages, $"{facts.FreePages} free pages, which may hold what was deleted, are left out."),
        ];
        return [.. all.Where(each => each.Count > 0)];
    }

    private static DataDirTransformation Of(DataDirTransformationKind kind, long count, FormattableString description) =>
        new(kind, count, description.ToString(CultureInfo.InvariantCulture));
}
