using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Freezing;

/// <summary>Registers what freezes file systems.</summary>
internal static class FreezeServices
{
    public static IServiceCollection AddFreezing(this IServiceCollection services) => services
        .AddSingleton<FreezeJournal>()
        .AddSingleton<Freezer>();
}
