using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Model.Manifests;

/// <summary>How one source of a run ended: a snapshot, or why there is none.</summary>
/// <param name="Source">The source.</param>
/// <param name="Snapshot">Its snapshot; null when the source failed.</param>
/// <param name="Outcome">Outcome of the snapshot; null when the source failed.</param>
/// <param name="Failure">Why there is no snapshot; null when there is one.</param>
/// <param name="Volume">For volumes of pods: what the source is bound to. Null for others, and in manifests of older programs.</param>
public sealed record SourceResult(SourceKey Source, SnapshotId? Snapshot, SnapshotOutcome? Outcome, Failure? Failure, PodVolume? Volume = null);
