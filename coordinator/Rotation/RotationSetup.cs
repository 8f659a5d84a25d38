using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.OperatorApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace K8sBackup.Coordinator.Rotation;

/// <summary>Registers the authority and its replacement.</summary>
public static class RotationSetup
{
    public static IServiceCollection AddRotation(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.TryAddSingleton<IAuthorityHome, NoAuthorityHome>();
        services.AddSingleton(p => new AuthorityRing(
            Path.Combine(options.State, "ca"), options.Cluster, p.GetRequiredService<IAuthorityHome>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<AuthorityRotation>();
        services.AddHostedService(p => p.GetRequiredService<AuthorityRotation>());
        services.AddSingleton<IStatusWarnings>(p => p.GetRequiredService<AuthorityRotation>());
        services.AddSingleton<AuthorityService>();
        return services;
    }
}
