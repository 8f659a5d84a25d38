using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Restores;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>Registers restores of a cluster's etcd.</summary>
public static class ClusterRestoreSetup
{
    public static IServiceCollection AddClusterRestores(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.TryAddSingleton(new ClusterRestoreOptions());
        services.AddSingleton(p => new ClusterRestoreStore(
            Path.Combine(options.State, "cluster-restores"), p.GetRequiredService<ILogger<ClusterRestoreStore>>()));
        services.AddSingleton<INodeClaims>(p => p.GetRequiredService<ClusterRestoreStore>());
        services.AddSingleton(p => new ClusterRestorePlanner(
            options.Cluster, p.GetRequiredService<PointCatalog>(), p.GetRequiredService<NodeRegistry>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ClusterRestoreEngine>();
        services.AddHostedService(p => p.GetRequiredService<ClusterRestoreEngine>());
        services.AddSingleton<ClusterRestoreCalls>();
        return services;
    }
}
