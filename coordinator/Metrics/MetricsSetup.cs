using K8sBackup.Coordinator.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>Registers what is measured. Nothing is read from the store for metrics that nobody can ask for.</summary>
public static class MetricsSetup
{
    public static IServiceCollection AddMetrics(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Health is null)
        {
            return services;
        }

        services.AddSingleton<StoreObserver>();
        services.AddHostedService(p => p.GetRequiredService<StoreObserver>());
        services.AddSingleton<IMetricSource>(new ProcessMetrics(leads: true));
        services.AddSingleton<IMetricSource, FleetMetrics>();
        services.AddSingleton<IMetricSource, RunMetrics>();
        services.AddSingleton<IMetricSource, ProtectionMetrics>();
        services.AddSingleton<IMetricSource, StoreMetrics>();
        services.AddSingleton<IMetricSource, MaintenanceMetrics>();
        services.AddSingleton<MetricsPage>();
        return services;
    }
}
