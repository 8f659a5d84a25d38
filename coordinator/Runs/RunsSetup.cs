using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Coordinator.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Runs;

/// <summary>Registers runs and their schedule. Wants ISnapshotLookup and IRestorePointSink from the repository's side.</summary>
public static class RunsSetup
{
    public static IServiceCollection AddRuns(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(p => new RunStore(
            p.GetRequiredService<IStateHome>(), options.Limits.RunsKept, p.GetRequiredService<ILogger<RunStore>>()));
        services.AddSingleton(p => new NodeSlots(p.GetRequiredService<WorkBoard>(), options.Limits.ConcurrentSourcesPerNode));
        services.AddSingleton(p => new RunServices(
            options.Cluster,
            p.GetRequiredService<RunStore>(),
            p.GetRequiredService<WorkBoard>(),
            p.GetRequiredService<NodeSlots>(),
            p.GetRequiredService<NodeRegistry>(),
            p.GetRequiredService<ISnapshotLookup>(),
            p.GetRequiredService<IRestorePointSink>(),
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<RunEngine>>())
        {
            Commands = p.GetService<IPodCommands>() ?? new NoPodCommands(),
            Dumps = p.GetService<IPodDumps>() ?? new NoPodDumps(),
            View = p.GetService<IClusterView>(),
        });
        services.AddSingleton(p => new RunEngine(p.GetRequiredService<RunServices>(), options.Limits.ConcurrentSourcesPerRun));
        services.AddHostedService(p => p.GetRequiredService<RunEngine>());
        services.AddSingleton<OperatorApi.IStatusWarnings, RunWarnings>();
        services.AddHostedService(p => new RunScheduler(
            p.GetRequiredService<IStateHome>(),
            p.GetRequiredService<IPlans>(),
            p.GetRequiredService<RunEngine>(),
            p.GetRequiredService<RunStore>(),
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<RunScheduler>>()));
        services.AddHostedService(p => new ChangeCaptures(
            p.GetRequiredService<IPlans>(),
            p.GetRequiredService<NodeRegistry>(),
            p.GetRequiredService<RunEngine>(),
            p.GetRequiredService<RunStore>(),
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<ChangeCaptures>>()));
        services.AddHostedService<SettingsWatcher>();
        return services;
    }
}
