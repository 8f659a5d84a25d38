namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>One command-line flag.</summary>
/// <param name="Name">Without the dashes.</param>
/// <param name="Value">As written.</param>
/// <param name="NodePath">Where an absolute path in the value is on the node; null when the value is none or lies in the image.</param>
internal sealed record PodFlag(string Name, string Value, string? NodePath);
