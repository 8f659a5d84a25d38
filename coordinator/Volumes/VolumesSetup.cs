using K8sBackup.KubernetesApi.Resources;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>Registers the view of the cluster that runs take volumes of pods from. Wants IResourceReader.</summary>
public static class VolumesSetup
{
    public static IServiceCollection AddClusterView(this IServiceCollection services)
    {
        services.AddSingleton(p => new ClusterCaches(p.GetRequiredService<IResourceReader>(), p.GetRequiredService<TimeProvider>(), () => new Random()));
        services.AddSingleton<IClusterView>(p => p.GetRequiredService<ClusterCaches>());
        services.AddHostedService(p => p.GetRequiredService<ClusterCaches>());
        services.AddHostedService<DeletedNodes>();
        return services;
    }
}
