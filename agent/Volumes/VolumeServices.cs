using K8sBackup.Agent.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Volumes;

/// <summary>Registers what captures directory trees.</summary>
internal static class VolumeServices
{
    public static IServiceCollection AddVolumes(this IServiceCollection services) => services
        .AddSingleton<TotalsMemory>()
        .AddSingleton<SourcePlaces>()
        .AddSingleton<TreeSource>()
        .AddSingleton(provider => new AllowedRoots(provider.GetRequiredService<HostRoot>(), provider.GetRequiredService<AgentOptions>().VolumeRoots));
}
