using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Repository.Snapshots;

/// <summary>A restore point as listed; a damaged manifest is listed too, with what is wrong.</summary>
/// <param name="ObjectName">Name of the manifest.</param>
/// <param name="Id">The restore point's id, from the name; null when the name is none.</param>
/// <param name="Manifest">The manifest; null when damaged.</param>
/// <param name="Damage">What is wrong; null when sound.</param>
public sealed record RestorePointEntry(
    string ObjectName, RestorePointId? Id, RestorePointManifest? Manifest, RepositoryCorruptException? Damage)
{
    /// <summary>The id, or the object's name when that has none: it is still to be found by that.</summary>
    public string IdText => Id?.ToString() ?? ObjectName;

    /// <summary>What is wrong, in words.</summary>
    public string DamageText => Damage?.Message ?? "Its manifest cannot be read.";
}
