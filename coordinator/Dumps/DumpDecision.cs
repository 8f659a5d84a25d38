using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>What a plan makes of one thing to dump.</summary>
/// <param name="SourceName">Name of the source.</param>
/// <param name="Owner">What its history is bound to, by name.</param>
/// <param name="Seats">Pods to ask: the first, and the next when that one fails. Empty when none can be asked.</param>
/// <param name="Volume">What the snapshot says it is of, when none can be asked.</param>
/// <param name="Cause">Why none can be asked.</param>
/// <param name="Reason">The same in words; empty when one can.</param>
public sealed record DumpDecision(string SourceName, string Owner, IReadOnlyList<DumpSeat> Seats, PodVolume Volume, FailureCause Cause, string Reason);
