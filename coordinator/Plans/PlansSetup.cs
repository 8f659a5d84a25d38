using K8sBackup.Coordinator.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Coordinator.Plans;

/// <summary>Registers the plan directory and its watcher.</summary>
public static class PlansSetup
{
    public static IServiceCollection AddPlans(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(new PlanDirectory(options.Plans));
        services.AddSingleton<IPlans>(p => p.GetRequiredService<PlanDirectory>());
        services.AddHostedService<PlanWatcher>();
        return services;
    }
}
