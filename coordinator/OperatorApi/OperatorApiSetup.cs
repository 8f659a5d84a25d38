using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>Registers the operator's API. Wants IRepositoryFacts from the repository's side.</summary>
public static class OperatorApiSetup
{
    public static IServiceCollection AddOperatorApi(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton<RefusedCalls>();
        services.AddSingleton(p => new AuditLog(Path.Combine(options.State, "audit.log"), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<AuditLog>>()));
        services.AddSingleton<FleetCalls>();
        services.AddSingleton<PlanCalls>();
        services.AddSingleton<RunCalls>();
        services.AddSingleton<RepositoryCalls>();
        services.AddSingleton<LastGoodFinder>();
        services.AddSingleton<CoverageSurvey>();
        services.AddSingleton<CoverageCalls>();
        services.AddSingleton<OperatorService>();
        return services;
    }
}
