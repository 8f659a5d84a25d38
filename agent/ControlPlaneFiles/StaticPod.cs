namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>What one static-pod manifest says about files on the node.</summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Flags">Flags of its containers, with the paths in their values as the node sees them.</param>
/// <param name="HostPaths">Its hostPath volumes.</param>
internal sealed record StaticPod(string Name, IReadOnlyList<PodFlag> Flags, IReadOnlyList<PodHostPath> HostPaths);
