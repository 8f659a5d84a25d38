using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>A step that a node is to do now.</summary>
/// <param name="Node">The node.</param>
/// <param name="Phase">The phase it belongs to.</param>
/// <param name="Step">The step.</param>
/// <param name="Attempt">Tells a new try from the one that failed.</param>
public sealed record StepOrder(string Node, ClusterPhase Phase, RestoreStep Step, int Attempt);
