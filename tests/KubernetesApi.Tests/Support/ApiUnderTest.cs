using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;

namespace K8sBackup.KubernetesApi.Tests.Support;

/// <summary>A server to test against, and a namespace of one's own on it.</summary>
public sealed record ApiUnderTest(KubernetesClient Client, string Namespace)
{
    /// <summary>For what only others can do in a real cluster: a kubelet, or time.</summary>
    public FakeKubeServer? StandIn { get; init; }
}
