namespace K8sBackup.Kubernetes.Impact;

/// <summary>One object that a restore touches.</summary>
public sealed record ImpactObject(ImpactChange Change, string Kind, string Namespace, string Name);
