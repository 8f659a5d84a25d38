namespace K8sBackup.KubernetesApi.Resources;

/// <summary>A part of a list.</summary>
/// <param name="Items">The objects.</param>
/// <param name="ResourceVersion">The version of the whole list; a watch goes on from here.</param>
/// <param name="Continue">Token of the next page; empty on the last.</param>
public sealed record ResourcePage<T>(IReadOnlyList<T> Items, string ResourceVersion, string Continue);
