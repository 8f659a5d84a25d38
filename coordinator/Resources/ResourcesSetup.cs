using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.Retention;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.Repository.Snapshots;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Resources;

/// <summary>Registers custom resources as the home of plans and runs. Wants IResourceReader and IResourceWriter.</summary>
public static class ResourcesSetup
{
    /// <summary>Plans from BackupPlan objects. To be called where the plan directory would be registered.</summary>
    public static IServiceCollection AddResourcePlans(this IServiceCollection services, string ns)
    {
        services.AddSingleton<ResourcePlans>();
        services.AddSingleton<IPlans>(p => p.GetRequiredService<ResourcePlans>());
        services.AddSingleton(p => new ResourceObjects(p.GetRequiredService<IResourceReader>(), ns, p.GetRequiredService<TimeProvider>()));
        services.AddHostedService(p => p.GetRequiredService<ResourceObjects>());
        services.AddHostedService<ResourcePlansStart>();
        return services;
    }

    /// <summary>The looks at objects. To be called last.</summary>
    public static IServiceCollection AddResourceHome(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(p => new CoverageReview(
            p.GetRequiredService<IPlans>(),
            p.GetRequiredService<NodeRegistry>(),
            p.GetRequiredService<RunStore>(),
            p.GetRequiredService<LastGoodFinder>(),
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<CoverageReview>>(),
            p.GetService<IClusterView>()));
        services.AddHostedService(p => p.GetRequiredService<CoverageReview>());
        services.AddHostedService(p => new ResourceHome(
            p.GetRequiredService<ResourceObjects>(),
            p.GetRequiredService<ResourcePlans>(),
            p.GetRequiredService<RunStore>(),
            p.GetRequiredService<CoverageReview>(),
            Reconcilers(p, options),
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<ResourceHome>>()));
        return services;
    }

    private static ResourceReconcilers Reconcilers(IServiceProvider p, CoordinatorOptions options)
    {
        IResourceWriter writer = p.GetRequiredService<IResourceWriter>();
        TimeProvider clock = p.GetRequiredService<TimeProvider>();
        ILogger log = p.GetRequiredService<ILogger<ResourceHome>>();
        EventRecorder events = new(writer, clock, log);
        StatusWriter<BackupResource> backups = new(ResourceKinds.Backups, writer, clock, log);
        StatusWriter<RestoreResource> restores = new(ResourceKinds.Restores, writer, clock, log);
        RunEngine engine = p.GetRequiredService<RunEngine>();
        RunStore runs = p.GetRequiredService<RunStore>();
        return new ResourceReconcilers(
            new StatusWriter<BackupPlanResource>(ResourceKinds.BackupPlans, writer, clock, log),
            backups,
            restores,
            new BackupReconciler(engine, runs, p.GetRequiredService<IPlans>(), p.GetRequiredService<WorkBoard>(), backups, events, clock),
            new RestoreReconciler(RestoresOf(p, options, clock), restores, events),
            new RunObjects(writer, p.GetRequiredService<ResourceObjects>().Namespace, options.Limits.BackupsKept, runs.List(), log),
            new BackupDeletion(
                writer,
                engine,
                p.GetRequiredService<ReleasedPoints>(),
                new PointDeletion(p.GetRequiredService<RepositoryAccess>(), p.GetRequiredService<PruneService>(), p.GetRequiredService<PruneSettings>()),
                events,
                clock,
                log),
            events);
    }

    private static RestoreServices RestoresOf(IServiceProvider p, CoordinatorOptions options, TimeProvider clock) => new(
        options.Cluster,
        p.GetRequiredService<RestoreEngine>(),
        p.GetRequiredService<RestoreStore>(),
        p.GetRequiredService<ClusterRestoreEngine>(),
        p.GetRequiredService<ClusterRestoreStore>(),
        p.GetRequiredService<ClusterRestoreCalls>(),
        (plan, token) => LatestOfAsync(p.GetRequiredService<RepositoryAccess>(), plan, token),
        p.GetRequiredService<AuditLog>(),
        clock,
        p.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);

    private static async Task<string?> LatestOfAsync(RepositoryAccess access, string plan, CancellationToken cancellationToken)
    {
        try
        {
            using RepositoryLease lease = access.Enter();
            await foreach (RestorePointEntry entry in lease.Repository.Catalog.RestorePointsAsync(cancellationToken))
            {
                if (entry.Manifest is { AfterChange: false } point && point.Plan == plan)
                {
                    return point.Id.ToString();
                }
            }

            return null;
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }
}
