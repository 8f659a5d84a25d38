namespace K8sBackup.Kubernetes.Impact;

/// <summary>How many objects of one kind in one namespace a restore touches.</summary>
/// <param name="Kind">Kind with its group; where the value cannot be read, the resource in its key, in parentheses.</param>
/// <param name="Namespace">Namespace; empty for objects of the whole cluster.</param>
/// <param name="Vanishing">Objects that are there now and were not then.</param>
/// <param name="Returning">Objects that were there then and are not now.</param>
/// <param name="Changing">Objects with other values.</param>
public sealed record ImpactGroup(string Kind, string Namespace, long Vanishing, long Returning, long Changing);
