using K8sBackup.Coordinator.Enrolment;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.KubernetesApi.Exec;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Reviews;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Kubernetes;

/// <summary>Registers the cluster's API for those who use it.</summary>
public static class KubernetesSetup
{
    private const string PodVariable = "POD_NAME";

    /// <summary>Registers nothing without a cluster.</summary>
    public static IServiceCollection AddKubernetes(this IServiceCollection services, CoordinatorOptions options, ClusterMembership? membership)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (membership is null || options.Kubernetes is not { } kubernetes)
        {
            return services;
        }

        // By instance: the membership outlives the host and gives the lease back after it.
        services.AddSingleton(membership);
        if (membership.Authority is { } authority)
        {
            services.AddSingleton<IAuthorityHome>(authority);
        }

        services.AddSingleton<IResourceReader>(membership.Client);
        services.AddSingleton<IResourceWriter>(membership.Client);
        services.AddSingleton<IReviews>(membership.Client);
        services.AddSingleton<IPodExec>(membership.Client);
        services.AddSingleton<IPodCommands, KubernetesPodCommands>();
        services.AddSingleton(new ServiceAccountTokens(membership.Client, membership.Client, membership.Namespace, kubernetes.Enrolment));
        services.AddClusterView();
        // The chart says which pod this is; outside a cluster there is none to label.
        if (Environment.GetEnvironmentVariable(PodVariable) is { Length: > 0 } pod)
        {
            services.AddHostedService(provider => new LeaderLabel(
                membership.Client,
                membership.Client,
                new ResourceName(membership.Namespace, pod),
                kubernetes.Lease,
                provider.GetRequiredService<IHostApplicationLifetime>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<LeaderLabel>>()));
        }

        return services;
    }
}
