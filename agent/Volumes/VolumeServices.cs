using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Volumes.Reading;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Volumes;

/// <summary>Registers what captures directory trees.</summary>
internal static class VolumeServices
{
    public static IServiceCollection AddVolumes(this IServiceCollection services) => services
        .AddSingleton<TotalsMemory>()
        .AddSingleton<SourcePlaces>()
        .AddSingleton(provider => Policy(provider.GetRequiredService<AgentOptions>(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<TreeSource>()
        .AddSingleton(provider => new AllowedRoots(provider.GetRequiredService<HostRoot>(), provider.GetRequiredService<AgentOptions>().VolumeRoots));

    private static ReadPolicy Policy(AgentOptions options, TimeProvider clock) => new(
        options.ReadHungAfter, new ReadPacer(options.ReadBytesPerSecond, new PressureGauge(PressureGauge.DefaultPath, clock), clock), clock);
}
