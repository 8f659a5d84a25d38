using K8sBackup.KubernetesApi.Client;

namespace K8sBackup.KubernetesApi.Tests.Support;

/// <summary>A server to test against, and a namespace of one's own on it.</summary>
public sealed record ApiUnderTest(KubernetesClient Client, string Namespace);
