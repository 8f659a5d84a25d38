namespace K8sBackup.Etcd.Discovery;

/// <summary>One hostPath volume.</summary>
/// <param name="Path">The path on the node.</param>
/// <param name="MayBeAbsent">True for the types that are created when absent, and for no type at all.</param>
public sealed record PodHostPath(string Path, bool MayBeAbsent);
