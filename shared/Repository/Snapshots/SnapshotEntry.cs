using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Repository.Snapshots;

/// <summary>A snapshot as listed; a damaged manifest is listed too, with what is wrong.</summary>
/// <param name="ObjectName">Name of the manifest.</param>
/// <param name="Id">The snapshot's id, from the name; null when the name is none.</param>
/// <param name="Manifest">The manifest; null when damaged.</param>
/// <param name="Damage">What is wrong; null when sound.</param>
public sealed record SnapshotEntry(string ObjectName, SnapshotId? Id, SnapshotManifest? Manifest, RepositoryCorruptException? Damage);
