using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Recovery;

/// <summary>Whether every encrypted value of the snapshot has its key in each captured encryption configuration, or its KMS named there.</summary>
internal static class EncryptionFit
{
    private const string Kms = "kms";

    public static void Check(IReadOnlyList<NodeFiles> nodes, IReadOnlyList<EtcdEvidence> etcds, SetFindings found)
    {
        NodeFiles[] servers = [.. nodes.Where(node => node.Facts.EtcdServers.Count > 0 || node.Facts.EncryptionKeys.Count > 0)];
        foreach (EncryptionUse use in etcds.SelectMany(etcd => etcd.Encryption).DistinctBy(use => (use.Provider, use.Key)))
        {
            if (use.Provider.Length == 0)
            {
                found.Missing($"{use.Values} values are encrypted with keys whose names cannot be read.");
                continue;
            }

            string key = use.Provider == Kms ? $"the KMS {use.Key}" : $"the key {use.Key} ({use.Provider})";
            if (servers.Length == 0)
            {
                found.Missing($"{use.Values} values are encrypted with {key}, and no encryption configuration is in the set.");
            }

            foreach (NodeFiles node in servers.Where(node => !node.Facts.EncryptionKeys.Contains(new EncryptionKeyName(use.Provider, use.Key))))
            {
                found.Missing(node.Facts.EncryptionConfiguration.Length == 0
                    ? $"{node.Node}: {use.Values} values are encrypted with {key}, and its API server has no encryption configuration."
                    : $"{node.Node}: {use.Values} values are encrypted with {key}, which {node.Facts.EncryptionConfiguration} does not have.");
            }

            if (use.Provider == Kms)
            {
                found.Warning($"{use.Values} values are encrypted with {key}: they are readable only with that service and its key, which no backup of files holds.");
            }
        }
    }
}
