using System.Globalization;
using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Surviving;

/// <summary>
/// Names the member whose data a cluster that lost its quorum is best made from again, and why. Pure. A restore takes a member's database,
/// not its log; so of the databases that are whole the one that is furthest counts, and what the logs know beyond it is told.
/// </summary>
public static class SurvivorRanking
{
    /// <summary>The choice; no node when no database is whole.</summary>
    public static SurvivorChoice Choose(IReadOnlyList<MemberDisk> disks)
    {
        ArgumentNullException.ThrowIfNull(disks);
        List<string> reasons = [];
        MemberDisk[] sound = [.. disks.Where(d => d.DatabaseSound)];
        foreach (MemberDisk disk in disks.Where(d => !d.DatabaseSound))
        {
            reasons.Add($"{disk.Node} is out of the question: {disk.Failure?.Message ?? disk.DatabaseProblem}.");
        }

        if (sound.Length == 0)
        {
            reasons.Add("No member's database is whole and free. Restore the newest restore point instead.");
            return new SurvivorChoice { Reasons = { reasons } };
        }

        MemberDisk[] cluster = OneCluster(sound, reasons);
        MemberDisk best = cluster.OrderByDescending(d => d.ConsistentIndex).ThenByDescending(d => d.Revision).ThenByDescending(d => d.Commit)
            .ThenBy(d => d.Node, StringComparer.Ordinal).First();
        reasons.Insert(0, Text($"{best.Node}: its database is whole and stands at index {best.ConsistentIndex}, revision {best.Revision}, with {best.Keys} keys; no other is further."));
        WarnOfEntriesBeyond(disks, best, reasons);
        WarnOfOtherHashes(cluster, best, reasons);
        return new SurvivorChoice { Node = best.Node, Reasons = { reasons } };
    }

    // Members of several clusters on the disks are what an earlier restore, or a mistake, leaves behind.
    private static MemberDisk[] OneCluster(MemberDisk[] sound, List<string> reasons)
    {
        IGrouping<string, MemberDisk>[] clusters = [.. sound.GroupBy(d => d.ClusterId).OrderByDescending(g => g.Count()).ThenByDescending(g => g.Max(d => d.ConsistentIndex))];
        foreach (IGrouping<string, MemberDisk> other in clusters.Skip(1))
        {
            reasons.Add($"{string.Join(", ", other.Select(d => d.Node))} belongs to another cluster ({other.Key}): look which one is yours before you go on.");
        }

        return [.. clusters[0]];
    }

    private static void WarnOfEntriesBeyond(IReadOnlyList<MemberDisk> disks, MemberDisk best, List<string> reasons)
    {
        MemberDisk? furthest = disks.Where(d => d.ClusterId == best.ClusterId).MaxBy(d => d.Commit);
        if (furthest is not null && furthest.Commit > best.ConsistentIndex)
        {
            reasons.Add(Text(
                $"The log of {furthest.Node} knows of {furthest.Commit - best.ConsistentIndex} entries that the cluster had agreed on and this database does not have; an etcd started there alone (--force-new-cluster) would apply them first."));
        }

        if (best.WalDamage.Length > 0)
        {
            reasons.Add($"The log of {best.Node} is damaged, which does not matter for a restore from its database: {best.WalDamage}.");
        }
    }

    private static void WarnOfOtherHashes(MemberDisk[] cluster, MemberDisk best, List<string> reasons)
    {
        foreach (MemberDisk other in cluster.Where(d => d.ConsistentIndex == best.ConsistentIndex && d.Revision == best.Revision && d.HashKv != best.HashKv))
        {
            reasons.Add($"{other.Node} stands at the same index with other content: one of the two is corrupt. Compare both with a restore point before you choose.");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
