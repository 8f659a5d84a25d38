using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Recovery;

/// <summary>The control-plane files of one node.</summary>
internal sealed record NodeFiles(string Node, SnapshotManifest Manifest)
{
    /// <summary>What they say of themselves; only for nodes that told.</summary>
    public ControlPlaneFacts Facts => Manifest.ControlPlane!;
}
