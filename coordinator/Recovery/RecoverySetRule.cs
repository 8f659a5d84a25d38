using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Recovery;

/// <summary>
/// Judges whether the etcd snapshots and the control-plane files of one run make a recovery set: (1) an etcd snapshot to rely on,
/// (2) the files of every control-plane node, whole, (3) manifests that describe the members the snapshot has, on the same
/// data-dir, (4) certificates signed by one etcd authority, with their keys, (5) service-account keys, (6) the key of every
/// encrypted value. A pure function: everything it needs was noted when the snapshots were taken.
/// </summary>
public static class RecoverySetRule
{
    /// <summary>Certificates are warned about this long before they end, which leaves time for a renewal by hand.</summary>
    public static TimeSpan ExpiryWarning => TimeSpan.FromDays(30);

    /// <summary>The judgement; null when the run was not to take both etcd and control-plane files.</summary>
    /// <param name="sources">How each source of the run ended.</param>
    /// <param name="manifests">The snapshots that came of it.</param>
    /// <param name="now">The coordinator's time.</param>
    public static RecoverySet? Judge(IReadOnlyList<SourceResult> sources, IReadOnlyList<SnapshotManifest> manifests, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(manifests);
        if (sources.All(s => s.Source.Kind != SourceKind.Etcd) || sources.All(s => s.Source.Kind != SourceKind.ControlPlaneFiles))
        {
            return null;
        }

        SnapshotManifest[] files = [.. manifests.Where(m => m.Source.Kind == SourceKind.ControlPlaneFiles).OrderBy(m => m.Source.Node, StringComparer.Ordinal)];
        EtcdEvidence[] etcds = [.. manifests.Where(m => m.Source.Kind == SourceKind.Etcd).Select(m => m.Etcd).OfType<EtcdEvidence>().Where(e => e.IsVerified)];
        SetFindings found = new();
        RequireSnapshots(sources, etcds, found);
        NodeFiles[] nodes = [.. files.Select(m => new NodeFiles(m.Source.Node, m)).Where(node => IsWhole(node, found))];
        MemberFit.Check(nodes, etcds, found);
        TrustFit.Check(nodes, found);
        EncryptionFit.Check(nodes, etcds, found);
        return Expiry.Note(nodes, now, found).ToSet([.. files.Select(m => m.Source.Node).Distinct()]);
    }

    private static void RequireSnapshots(IReadOnlyList<SourceResult> sources, EtcdEvidence[] etcds, SetFindings found)
    {
        if (etcds.Length == 0)
        {
            found.Missing("There is no snapshot of etcd to rely on.");
        }

        foreach (SourceResult source in sources.Where(s => s.Source.Kind == SourceKind.ControlPlaneFiles && s.Snapshot is null))
        {
            found.Missing($"{source.Source.Node}: its control-plane files are not there. {source.Failure?.Message}".TrimEnd());
        }
    }

    private static bool IsWhole(NodeFiles node, SetFindings found)
    {
        if (node.Manifest.Outcome != SnapshotOutcome.Completed)
        {
            string[] lacking = [.. node.Manifest.Missing.Concat(node.Manifest.Items.Select(item => $"{item.Path}: {item.Reason}"))];
            foreach (string text in lacking.Length > 0 ? lacking : ["some files could not be read whole."])
            {
                found.Missing($"{node.Node}: {text}");
            }
        }

        foreach (string problem in node.Manifest.ControlPlane?.Problems ?? [])
        {
            found.Missing($"{node.Node}: {problem}");
        }

        if (node.Manifest.ControlPlane is null)
        {
            found.Missing($"{node.Node}: its agent is of an older version and tells nothing of what is in the files.");
        }

        return node.Manifest.ControlPlane is not null;
    }
}
