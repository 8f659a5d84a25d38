using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Recovery;

/// <summary>Whether etcd's authority signs what its members and clients show, everywhere the same one, and whether service-account keys are there.</summary>
internal static class TrustFit
{
    public static void Check(IReadOnlyList<NodeFiles> nodes, SetFindings found)
    {
        foreach (NodeFiles node in nodes)
        {
            foreach (TrustFact fact in node.Facts.Trust.Where(fact => fact.Problem.Length > 0))
            {
                found.Missing($"{node.Node}: {fact.Purpose}: {fact.Problem}.");
            }

            RequireServiceAccounts(node, found);
        }

        RequireSame(nodes, found);
    }

    private static void RequireServiceAccounts(NodeFiles node, SetFindings found)
    {
        ControlPlaneFacts facts = node.Facts;

        // k3s and rke2 keep them elsewhere than in flags of a pod, and their directory is taken as a whole.
        if (facts.EtcdServers.Count == 0)
        {
            return;
        }

        if (facts.ServiceAccountKeys.Count == 0)
        {
            found.Missing($"{node.Node}: the public key of service accounts is not there: tokens could not be checked.");
        }

        if (facts.ServiceAccountSigner.Length == 0)
        {
            found.Missing($"{node.Node}: the private key of service accounts is not there: tokens could not be issued.");
        }
        else if (facts.ServiceAccountKeys.Count > 0 && !facts.ServiceAccountKeys.Contains(facts.ServiceAccountSigner, StringComparer.Ordinal))
        {
            found.Missing($"{node.Node}: tokens are signed with a key that the API server does not check with.");
        }
    }

    private static void RequireSame(IReadOnlyList<NodeFiles> nodes, SetFindings found)
    {
        foreach (IGrouping<string, (string Node, TrustFact Fact)> purpose in nodes
            .SelectMany(node => node.Facts.Trust.Where(fact => fact.AuthorityFingerprint.Length > 0).Select(fact => (node.Node, Fact: fact)))
            .GroupBy(each => each.Fact.Purpose))
        {
            (string first, TrustFact expected) = purpose.First();
            foreach ((string node, TrustFact fact) in purpose.Where(each => each.Fact.AuthorityFingerprint != expected.AuthorityFingerprint))
            {
                found.Missing($"{node}: {purpose.Key}: {fact.Authority} is another authority than that of {first}.");
            }
        }

        NodeFiles[] signing = [.. nodes.Where(node => node.Facts.ServiceAccountSigner.Length > 0)];
        foreach (NodeFiles node in signing.Where(node => signing.Any(other => other.Facts.ServiceAccountKeys.Count > 0
            && !other.Facts.ServiceAccountKeys.Contains(node.Facts.ServiceAccountSigner, StringComparer.Ordinal))))
        {
            found.Missing($"{node.Node}: tokens signed there are not accepted by every other API server of the set.");
        }
    }
}
