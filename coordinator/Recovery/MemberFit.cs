using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Recovery;

/// <summary>Whether the manifests describe the etcd members that the snapshot has, and whether every etcd of the cluster is in the set.</summary>
internal static class MemberFit
{
    public static void Check(IReadOnlyList<NodeFiles> nodes, IReadOnlyList<EtcdEvidence> etcds, SetFindings found)
    {
        NodeFiles[] withMember = [.. nodes.Where(node => node.Facts.Member is not null)];
        foreach (NodeFiles other in withMember.Skip(1).Where(other => other.Facts.Member!.DataDir != withMember[0].Facts.Member!.DataDir))
        {
            found.Missing($"{other.Node} names the data-dir {other.Facts.Member!.DataDir}, {withMember[0].Node} names {withMember[0].Facts.Member!.DataDir}.");
        }

        foreach (NodeFiles node in withMember.Where(_ => etcds.Count > 0))
        {
            EtcdMemberFiles member = node.Facts.Member!;
            if (!etcds.Any(etcd => etcd.Members.Any(text => Matches(text, member))))
            {
                found.Missing($"{node.Node}: its manifest describes the etcd member {member.Name} at {string.Join(',', member.PeerUrls)}, which the snapshot's cluster does not have.");
            }
        }

        RequireNodes(nodes, withMember, etcds, found);
        RequireOverrides(nodes, etcds, found);
        foreach (NodeFiles node in nodes.Where(node => node.Facts.Layout is not "kubeadm"))
        {
            found.Warning($"{node.Node}: the layout is {node.Facts.Layout}; its files are captured as far as they are known, and a restore of etcd there is not automatic.");
        }
    }

    // Members of an etcd of its own machines are on no node of the cluster; those of the control plane are each on one.
    private static void RequireNodes(IReadOnlyList<NodeFiles> nodes, NodeFiles[] withMember, IReadOnlyList<EtcdEvidence> etcds, SetFindings found)
    {
        if (withMember.Length == 0)
        {
            if (nodes.Count > 0)
            {
                found.Warning("etcd does not run in static pods of these nodes; its own configuration and authority are not in the set.");
            }

            return;
        }

        foreach (EtcdEvidence etcd in etcds.Where(etcd => withMember.Any(node => etcd.Members.Any(text => Matches(text, node.Facts.Member!)))))
        {
            foreach (string text in etcd.Members.Where(text => !withMember.Any(node => Matches(text, node.Facts.Member!))))
            {
                found.Missing($"The etcd member {Name(text)} is on no node whose files are in the set.");
            }
        }
    }

    private static void RequireOverrides(IReadOnlyList<NodeFiles> nodes, IReadOnlyList<EtcdEvidence> etcds, SetFindings found)
    {
        string[] others = [.. nodes.SelectMany(node => node.Facts.EtcdOverrides).Distinct(StringComparer.Ordinal)];
        int clusters = etcds.Select(etcd => etcd.ClusterId).Distinct(StringComparer.Ordinal).Count();
        int needed = 1 + others.Select(text => text[(text.IndexOf('#', StringComparison.Ordinal) + 1)..]).Distinct(StringComparer.Ordinal).Count();
        if (others.Length > 0 && clusters < needed)
        {
            found.Missing($"The API server keeps some resources in other etcds ({string.Join(", ", others)}), and the set has {clusters} of {needed}: add a source with the endpoint of each.");
        }
    }

    // The text is the id, the name and the peer URLs, separated by spaces.
    private static bool Matches(string text, EtcdMemberFiles member)
    {
        string[] words = text.Split(' ');
        return words.Length >= 3 && words[1] == member.Name && words[2].Split(',').Intersect(member.PeerUrls, StringComparer.Ordinal).Any();
    }

    private static string Name(string text) => text.Split(' ') is [_, { Length: > 0 } name, ..] ? name : text;
}
