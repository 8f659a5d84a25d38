using System.Globalization;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using Failure = K8sBackup.Model.Outcomes.Failure;
using RestoreState = K8sBackup.Coordinator.Restores.RestoreState;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>
/// Makes the plan from what the nodes said: who becomes which member, what will be changed, and all that speaks against
/// it. With a single obstacle the restore is over before anything was touched.
/// </summary>
internal static class ClusterPlan
{
    // What a separate WAL needs: the server's first file and the one behind it.
    private const long WalBytes = 128L << 20;

    public static ClusterRestoreRecord Judge(ClusterRestoreRecord record)
    {
        (ClusterNode Node, NodeFacts Facts)[] known = [.. record.Nodes
            .Where(node => node.Facts is not null)
            .Select(node => (node, MessageJson.Parse<NodeFacts>(node.Facts!.Value)))];
        RestoreTarget target = MessageJson.Parse<RestoreTarget>(record.Target);
        target.Members.Clear();
        target.Members.AddRange(known.Where(each => each.Node.Part == NodePart.Member).Select(
            each => new TargetMember { Node = each.Node.Name, Name = each.Facts.MemberName, PeerUrls = { each.Facts.PeerUrls }, ClientUrls = { each.Facts.ClientUrls } }));
        List<string> obstacles = [];
        List<string> warnings = [];
        obstacles.AddRange(record.Nodes.Where(node => node.Problem is not null).Select(node => $"{node.Name}: {node.Problem!.Message}"));
        foreach ((ClusterNode node, NodeFacts facts) in known)
        {
            JudgeNode(record, node, facts, obstacles, warnings);
        }

        JudgeStrangers(record, known, obstacles);
        ClusterIdentity? identity = obstacles.Count == 0 ? IdentityOf(target, obstacles) : null;
        if (target.Members.Count % 2 == 0)
        {
            warnings.Add($"{target.Members.Count} members bear the loss of no more members than {Math.Max(1, target.Members.Count - 1)}.");
        }

        ClusterRestoreRecord planned = record with
        {
            Target = MessageJson.ToJson(target),
            Obstacles = obstacles,
            Warnings = warnings,
            Transformations = identity is null ? [] : Transformations(record, target, identity),
        };
        return identity is not null
            ? ClusterRestoreMachine.Enter(planned, ClusterPhase.Planned, "Planned; nothing was touched.")
            : ClusterRestoreMachine.End(planned with { Failure = FailureOf(record, obstacles) }, RestoreState.Failed, "It cannot be carried out; nothing was touched.");
    }

    private static void JudgeNode(ClusterRestoreRecord record, ClusterNode node, NodeFacts facts, List<string> obstacles, List<string> warnings)
    {
        if (facts.Unfinished.Count > 0)
        {
            obstacles.Add($"{node.Name}: restore {string.Join(", ", facts.Unfinished)} is not finished there.");
        }

        if (node.Part == NodePart.Rejoin)
        {
            warnings.Add($"{node.Name} joins the restored cluster with nothing once that serves; its data is kept aside and its etcd manifest is changed.");
            JudgeRoom(record, node, facts, obstacles);
            return;
        }

        if (node.Part == NodePart.Stopped)
        {
            warnings.Add($"{node.Name} becomes no member: its API server and etcd are stopped and stay so until it is joined again.");
            return;
        }

        JudgeRoom(record, node, facts, obstacles);
        JudgeVersion(record, node, facts, obstacles, warnings);
        if (facts.PeerUrls.Count == 0)
        {
            obstacles.Add($"{node.Name}: its etcd manifest has no --initial-advertise-peer-urls.");
        }

        if (!facts.Manifests.Any(path => path.EndsWith("/kube-apiserver.yaml", StringComparison.Ordinal)))
        {
            warnings.Add($"{node.Name} has no manifest of an API server. One that runs otherwise is to be stopped by hand.");
        }

        if (!facts.HasMember)
        {
            warnings.Add($"{node.Name} has no data in {facts.DataDir} now.");
        }
    }

    private static void JudgeRoom(ClusterRestoreRecord record, ClusterNode node, NodeFacts facts, List<string> obstacles)
    {
        // The new data, and beside it the snapshot it is built from.
        long needed = DataDirSpace.RequiredBytes(record.Evidence.DatabaseBytes) + record.Evidence.DatabaseBytes;
        if (facts.FreeBytes < needed)
        {
            obstacles.Add($"{node.Name}: {facts.DataDir} has {Number(facts.FreeBytes)} bytes free, {Number(needed)} are needed.");
        }

        if (facts.WalDir.Length > 0 && facts.WalFreeBytes < WalBytes)
        {
            obstacles.Add($"{node.Name}: {facts.WalDir} has {Number(facts.WalFreeBytes)} bytes free, {Number(WalBytes)} are needed.");
        }

        if (facts.QuotaBytes <= record.Evidence.DatabaseBytes)
        {
            obstacles.Add($"{node.Name}: etcd's quota is {Number(facts.QuotaBytes)} bytes and the database has {Number(record.Evidence.DatabaseBytes)}. Raise --quota-backend-bytes in its manifest.");
        }
    }

    private static void JudgeVersion(ClusterRestoreRecord record, ClusterNode node, NodeFacts facts, List<string> obstacles, List<string> warnings)
    {
        string text = record.TargetVersion.Length > 0 ? record.TargetVersion : facts.EtcdVersion;
        if (!EtcdVersion.TryParse(text, out EtcdVersion target))
        {
            obstacles.Add($"{node.Name}: nothing says which etcd will run there. Name its version (--target-version).");
            return;
        }

        if (!EtcdVersion.TryParse(record.Evidence.DataVersion, out EtcdVersion data))
        {
            return;
        }

        switch (VersionGuard.Check(data, target))
        {
            case VersionFit.TargetTooOld:
                obstacles.Add($"{node.Name}: it runs etcd {target} and the data is of {data}. An older etcd would start and misread it.");
                break;
            case VersionFit.SkipsMinors:
                warnings.Add($"{node.Name} runs etcd {target}, more than one minor version ahead of the data ({data}); etcd supports one at a time.");
                break;
            default:
                break;
        }
    }

    /// <summary>A member of the former cluster that nobody stops would go on beside the restored one.</summary>
    private static void JudgeStrangers(ClusterRestoreRecord record, (ClusterNode Node, NodeFacts Facts)[] known, List<string> obstacles)
    {
        HashSet<string> ours = [.. known.Select(each => each.Facts.MemberName), .. record.Lost];
        IEnumerable<string> former = known.SelectMany(each => each.Facts.RunningMembers.Select(member => member.Split('=')[0]));
        foreach (string name in former.Concat(record.Evidence.MemberNames).Where(name => name.Length > 0 && !ours.Contains(name)).Distinct().Order(StringComparer.Ordinal))
        {
            obstacles.Add($"The former cluster has a member '{name}' on no node of this restore; it would go on beside the new cluster. Start its agent, or say that it is gone for good (--lost {name}).");
        }
    }

    private static ClusterIdentity? IdentityOf(RestoreTarget target, List<string> obstacles)
    {
        try
        {
            return MemberComparison.Identity(target);
        }
        catch (DataDirException e)
        {
            obstacles.Add($"The members make no cluster: {e.Message}.");
            return null;
        }
    }

    private static List<string> Transformations(ClusterRestoreRecord record, RestoreTarget target, ClusterIdentity identity)
    {
        long from = target.Revision > 0 ? target.Revision : record.Evidence.Revision;
        List<string> list = [];
        if (target.Revision > 0 && target.Revision < record.Evidence.Revision)
        {
            list.Add($"State of revision {Number(target.Revision)}; later changes in the snapshot ({Number(record.Evidence.Revision)}) are left out.");
        }

        list.Add($"The revision moves from {Number(from)} to {Number(from + target.RevisionBump)}, and everything before is marked compacted: no watcher sees a revision twice.");
        list.Add($"A new cluster {MemberComparison.Hex(identity.ClusterId)} with token {target.ClusterToken}: {string.Join(", ", identity.Members.Select(m => $"{m.Name} {MemberComparison.Hex(m.Id)} {string.Join(',', m.PeerUrls)}"))}.");
        list.Add("Former members, alarms and a downgrade under way are dropped, and so are addresses of API servers of that time (masterleases) and free pages.");
        list.Add("Keys, leases, users and roles stay.");
        list.Add($"On every node the manifests of API server and etcd are taken to /etc/kubernetes/kb-restore/{record.Id} and given back; scheduler and controller manager are restarted.");
        list.Add($"The data of today is kept on every node as .kb-old-{record.Id} in etcd's data directory.");
        return list;
    }

    private static Failure FailureOf(ClusterRestoreRecord record, List<string> obstacles)
    {
        FailureCause cause = record.Nodes.FirstOrDefault(node => node.Problem is not null)?.Problem?.Cause ?? FailureCause.TargetUnusable;
        string more = obstacles.Count > 1 ? $" And {obstacles.Count - 1} more." : "";
        return new Failure("", record.Source.ToString(), cause, obstacles[0] + more);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
