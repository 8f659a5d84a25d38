using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.State;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>Registers nodes, work and sessions.</summary>
public static class FleetSetup
{
    public static IServiceCollection AddFleet(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton<WorkBoard>();
        services.AddSingleton(new SessionOptions());
        services.AddSingleton(p => new NodeRegistry(p.GetRequiredService<IStateHome>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => p.GetRequiredService<NodeRegistry>().Removed);
        services.AddSingleton<ResultReceiver>();
        services.AddSingleton<AgentSessionService>();
        return services;
    }
}
