using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Drills;

/// <summary>Registers drills, comparisons and surveys. Wants the repository, the fleet and the restores.</summary>
public static class DrillsSetup
{
    public static IServiceCollection AddDrills(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(options.Drills);
        services.AddSingleton<DrillDirectory>();
        services.AddSingleton<DrillPlanner>();
        services.AddSingleton<DrillRunner>();
        services.AddSingleton<DrillEngine>();
        services.AddHostedService(p => p.GetRequiredService<DrillEngine>());
        services.AddSingleton(p => new ScheduledDrills(
            p.GetRequiredService<IStateHome>(),
            p.GetRequiredService<RepositoryAccess>(),
            p.GetRequiredService<DrillPlanner>(),
            p.GetRequiredService<DrillEngine>(),
            options.Drills,
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<ScheduledDrills>>()));
        services.AddHostedService(p => p.GetRequiredService<ScheduledDrills>());
        services.AddSingleton<IStatusWarnings, DrillWarnings>();
        services.AddSingleton<DrillService>();
        services.AddSingleton<Impact.ImpactService>();
        services.AddSingleton<Surviving.SurvivorService>();
        return services;
    }
}
