using K8sBackup.Agent.ControlPlaneFiles.Facts;
using K8sBackup.Agent.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>Registers what finds control-plane files.</summary>
internal static class ControlPlaneServices
{
    public static IServiceCollection AddControlPlaneFiles(this IServiceCollection services) => services
        .AddSingleton<HostFiles>()
        .AddSingleton<ControlPlaneDiscovery>()
        .AddSingleton<FactCollector>()
        .AddSingleton(provider => new FilesWatch(
            provider.GetRequiredService<AgentOptions>().StateDirectory, provider.GetRequiredService<HostRoot>(), provider.GetRequiredService<TimeProvider>()))
        .AddHostedService(provider => provider.GetRequiredService<FilesWatch>());
}
