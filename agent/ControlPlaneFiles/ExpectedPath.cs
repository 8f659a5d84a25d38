namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>A file or directory that belongs to a control-plane node.</summary>
/// <param name="Path">Relative to the host root, without a leading '/'.</param>
/// <param name="Required">Whether its absence is reported.</param>
/// <param name="Reason">Who asks for it, in words for the report: a flag, a volume, kubeadm.</param>
internal sealed record ExpectedPath(string Path, bool Required, string Reason);
