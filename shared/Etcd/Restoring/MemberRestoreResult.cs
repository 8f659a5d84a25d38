using System.Globalization;
using K8sBackup.Etcd.DataDir;

namespace K8sBackup.Etcd.Restoring;

/// <summary>What the restore of a member made, as reports show it.</summary>
/// <param name="Built">The data-dir that was built.</param>
/// <param name="FormerData">Where the former member is kept, as the node names it; null when there was none.</param>
/// <param name="Keys">Live keys of the snapshot.</param>
/// <param name="Notes">What the operator should know and do next.</param>
public sealed record MemberRestoreResult(BuiltDataDir Built, string? FormerData, long Keys, IReadOnlyList<string> Notes)
{
    internal static MemberRestoreResult Of(MemberRestorePlan plan, BuiltDataDir built)
    {
        bool hadMember = Directory.Exists(plan.Target.MemberDirectory);
        string old = $"{plan.NodeDataDirectory}/{Path.GetFileName(plan.Target.OldMemberDirectory)}";
        List<string> notes =
        [
            $"{plan.NodeDataDirectory} holds member {plan.Member.Name} of a new cluster of one, with the data of revision {built.RevisionBefore.ToString(CultureInfo.InvariantCulture)}.",
            hadMember
                ? $"The former data is kept in {old}. To go back: stop etcd, move {plan.NodeDataDirectory}/member away, and rename {old} to {plan.NodeDataDirectory}/member."
                : $"There was no member in {plan.NodeDataDirectory} before. To go back: stop etcd and move {plan.NodeDataDirectory}/member away.",
            "Start etcd, then all API servers; afterwards restart controller managers, schedulers and kubelets, which remember what was undone.",
        ];
        notes.AddRange(built.Transformations.Select(each => each.Description));
        if (built.VersionFit == VersionFit.SkipsMinors)
        {
            notes.Add($"The etcd of the node ({plan.TargetVersion}) is more than one minor version ahead of the data; etcd supports one at a time.");
        }

        // The bump leaves one key with an empty name, which is nobody's.
        return new MemberRestoreResult(built, hadMember ? old : null, plan.RevisionBump > 0 ? built.LiveKeys - 1 : built.LiveKeys, notes);
    }
}
