using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Volumes;
using K8sBackup.KubernetesApi.Watching;
using Microsoft.Extensions.Hosting;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>
/// The cluster as cached views of its API, kept as long as the process lives: while the API is away they grow old and stay. Memory: a
/// few KB for each pod.
/// </summary>
public sealed class ClusterCaches : BackgroundService, IClusterView
{
    private readonly ResourceCache<Pod> _pods;
    private readonly ResourceCache<PersistentVolumeClaim> _claims;
    private readonly ResourceCache<PersistentVolume> _volumes;
    private readonly ResourceCache<Namespace> _namespaces;
    private readonly ResourceCache<Node> _nodes;

    public ClusterCaches(IResourceReader reader, TimeProvider clock, Func<Random> random)
    {
        ArgumentNullException.ThrowIfNull(random);
        _pods = Cache(KubernetesTypes.Pods);
        _claims = Cache(KubernetesTypes.PersistentVolumeClaims);
        _volumes = Cache(KubernetesTypes.PersistentVolumes);
        _namespaces = Cache(KubernetesTypes.Namespaces);
        _nodes = Cache(KubernetesTypes.Nodes);

        ResourceCache<T> Cache<T>(ResourceType<T> type)
            where T : KubernetesObject => new(reader, type, ListQuery.Everything, new ResourceCacheOptions(), clock, random());
    }

    public ClusterState? Current =>
        (_pods.Age, _claims.Age, _volumes.Age, _namespaces.Age, _nodes.Age) is ({ } pods, { } claims, { } volumes, { } namespaces, { } nodes)
            ? new ClusterState
            {
                Pods = [.. _pods.View.Items.Values],
                Claims = [.. _claims.View.Items.Values],
                Volumes = [.. _volumes.View.Items.Values],
                Namespaces = [.. _namespaces.View.Items.Values],
                Nodes = [.. _nodes.View.Items.Values.Select(node => node.Metadata.Name)],
                Age = new[] { pods, claims, volumes, namespaces, nodes }.Max(),
            }
            : null;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        _pods.RunAsync(stoppingToken),
        _claims.RunAsync(stoppingToken),
        _volumes.RunAsync(stoppingToken),
        _namespaces.RunAsync(stoppingToken),
        _nodes.RunAsync(stoppingToken));
}
