namespace K8sBackup.Etcd.Discovery;

/// <summary>One command-line flag of a pod.</summary>
/// <param name="Name">Without the dashes.</param>
/// <param name="Value">As written; "true" for a flag that stands alone.</param>
/// <param name="NodePath">Where an absolute path in the value is on the node; null when the value is none or lies in the image.</param>
public sealed record PodFlag(string Name, string Value, string? NodePath);
