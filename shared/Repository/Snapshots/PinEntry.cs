using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Snapshots;

/// <summary>A pin as listed; a damaged one is in force too.</summary>
/// <param name="ObjectName">Name of the object.</param>
/// <param name="Point">The restore point, from the name; null when the name is none.</param>
/// <param name="Pin">What it says; null when damaged.</param>
/// <param name="Damage">What is wrong; null when sound.</param>
public sealed record PinEntry(string ObjectName, RestorePointId? Point, RestorePointPin? Pin, RepositoryCorruptException? Damage);
