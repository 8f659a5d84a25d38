namespace K8sBackup.Agent.MemberSteps;

/// <summary>A static-pod manifest that is kept away from the kubelet.</summary>
/// <param name="Name">File name.</param>
/// <param name="Origin">Where it was, as the node names it.</param>
internal sealed record HeldManifest(string Name, string Origin);
