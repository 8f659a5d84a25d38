using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Delivery;
using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.Retention;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.State;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Keeping;
using K8sBackup.Repository.Writing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>Registers the repository and everything that reads and writes it. To be called before what uses it is registered: it starts first.</summary>
public static class RepositorySetup
{
    /// <summary>Unlocks the repository with the key file; index and lease are taken when the host starts.</summary>
    /// <exception cref="OptionsException">Store or key file cannot be used; the message says which and why.</exception>
    /// <exception cref="StartLaterException">One of them is not there now.</exception>
    public static async Task<IServiceCollection> AddRepositoryAsync(
        this IServiceCollection services, CoordinatorOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        (OpenedStore opened, MasterKeys keys) = await UnlockAsync(options, cancellationToken);
        IObjectStore store = opened.Store;
        RepositoryWriterOptions writing = new() { Holder = Environment.MachineName, IndexPaging = Paging(options) };
        // By a factory, so that the container ends its connections when the host stops.
        services.AddSingleton(_ => opened);
        services.AddSingleton(store);
        services.AddSingleton(keys);
        services.AddSingleton(p => new RepositoryAccess(
            store, keys, writing, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<RepositoryAccess>>()));
        services.AddHostedService<RepositoryStart>();
        services.AddSingleton<SnapshotDirectory>();
        services.AddSingleton<ISnapshotLookup>(p => p.GetRequiredService<SnapshotDirectory>());
        services.AddSingleton<StoreMemory>();
        services.AddSingleton<IStatusWarnings>(p => p.GetRequiredService<StoreMemory>());
        services.AddSingleton<MaintenanceOutcomes>();
        services.AddSingleton<IStatusWarnings>(p => p.GetRequiredService<MaintenanceOutcomes>());
        services.AddSingleton<IStatusWarnings>(new StoreClock(() => opened.ClockAhead));
        services.AddSingleton<IRestorePointSink>(p => new RememberedPoints(
            new RestorePointSink(p.GetRequiredService<RepositoryAccess>(), opened.Retention),
            p.GetRequiredService<StoreMemory>()));
        services.AddSingleton<PointCatalog>();
        services.AddSingleton<PointQueries>();
        services.AddSingleton<FileQueries>();
        services.AddSingleton<FileSearch>();
        services.AddSingleton<RepositoryCheck>();
        services.AddHostedService(p => new ScheduledCheck(
            p.GetRequiredService<IStateHome>(),
            p.GetRequiredService<RepositoryCheck>(),
            options.Checks,
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<ScheduledCheck>>()));
        services.AddSingleton(p => new StoreCensus(
            opened.Description, store, p.GetRequiredService<RepositoryAccess>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<StoreCensus>>()));
        services.AddSingleton<IRepositoryFacts>(p => p.GetRequiredService<StoreCensus>());
        services.AddHostedService(p => p.GetRequiredService<StoreCensus>());
        return services.AddTransfers(options).AddRestores(options).AddRetention(options.Prune, opened);
    }

    // What the process may use follows a container's limit. The rest is for transfers, and for the kernel to keep pages of the index in.
    private static IndexPaging Paging(CoordinatorOptions options) =>
        new(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4, Path.Combine(options.State, "index-pages"));

    private static IServiceCollection AddRetention(this IServiceCollection services, PruneSettings settings, OpenedStore store)
    {
        ObjectKeeping? keeping = store.Retention is { } retention && store.Options.S3?.ObjectLock is { } objectLock ? new(retention, objectLock.Period) : null;
        services.AddSingleton(settings with { Options = settings.Options with { Keeping = keeping, StoreAhead = () => store.ClockAhead } });
        services.AddSingleton<MaintenanceGate>();
        services.AddSingleton<ReleasedPoints>();
        services.AddSingleton<RetentionReview>();
        services.AddSingleton<PruneService>();
        services.AddSingleton<RetentionCalls>();
        services.AddHostedService<PruneScheduler>();
        return services;
    }

    private static IServiceCollection AddTransfers(this IServiceCollection services, CoordinatorOptions options)
    {
        services.AddSingleton(p => new UploadServices(
            options.Cluster,
            Path.Combine(options.State, "uploads"),
            p.GetRequiredService<WorkBoard>(),
            p.GetRequiredService<RepositoryAccess>(),
            p.GetRequiredService<SnapshotDirectory>(),
            UploadLimits.Default,
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<UploadService>>()));
        services.AddSingleton<UploadService>();
        services.AddSingleton<IPodDumps>(p => new PodDumps(p.GetRequiredService<UploadServices>(), p.GetService<IPodCommands>() ?? new NoPodCommands()));
        services.AddSingleton<SnapshotSender>();
        services.AddSingleton<DownloadService>();
        services.AddSingleton<FileDownload>();
        return services;
    }

    private static IServiceCollection AddRestores(this IServiceCollection services, CoordinatorOptions options)
    {
        services.AddSingleton(new RestoreOptions());
        services.AddSingleton(p => new RestoreStore(p.GetRequiredService<IStateHome>(), p.GetRequiredService<ILogger<RestoreStore>>()));
        services.AddSingleton<VolumeTargets>();
        services.AddSingleton<RestorePlanner>();
        services.AddSingleton<RestoreEngine>();
        services.AddHostedService(p => p.GetRequiredService<RestoreEngine>());
        services.AddSingleton<RestoreCalls>();
        return services.AddClusterRestores(options);
    }

    private static async Task<(OpenedStore Store, MasterKeys Keys)> UnlockAsync(CoordinatorOptions options, CancellationToken cancellationToken)
    {
        string place = options.Store.Description;
        OpenedStore? opened = null;
        try
        {
            opened = await StoreFactory.OpenAsync(options.Store, StoreUse.Existing, TimeProvider.System, cancellationToken);
            using KeyFile key = await KeyFileReading.ReadAsync(options.KeyFile, TimeProvider.System, cancellationToken);
            return (opened, await new KeySlots(opened.Store, TimeProvider.System).UnlockAsync(key, cancellationToken));
        }
        catch (StartLaterException)
        {
            opened?.Dispose();
            throw;
        }
        catch (ObjectStoreException e) when (!e.IsPermanent)
        {
            opened?.Dispose();
            throw new StartLaterException($"The store {place} does not answer: {e.Message}", e);
        }
        catch (KeyException e) when (e.Error == KeyError.NoSuchSlot && options.Store.LocalPath is { } path && IsBare(path))
        {
            opened?.Dispose();
            throw MountedLate($"The directory {place} is empty: it holds no repository. 'k8sbackup init' makes one", e);
        }
        catch (Exception e) when (e is KeyException or IOException or UnauthorizedAccessException)
        {
            opened?.Dispose();
            throw new OptionsException([$"The repository in {place} cannot be unlocked with {options.KeyFile}: {e.Message}"]);
        }
        catch (ObjectStoreException e) when (opened is null && e.Error == ObjectStoreError.NotFound)
        {
            string how = $"There is no store in {place}. 'k8sbackup init' makes one";
            // Nobody can tell a path that is wrong from a file system that is not mounted yet. An endpoint that has no such bucket has none.
            throw options.Store.LocalPath is null ? new OptionsException([$"{how}."]) : MountedLate(how, e);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            opened?.Dispose();
            throw new OptionsException([$"The repository in {place} cannot be unlocked: {e.Message}"]);
        }
    }

    private static StartLaterException MountedLate(string what, Exception inner) =>
        new($"{what}; if there is one, the path is wrong, or what holds it is not mounted yet.", inner);

    // A mount point without its file system. Opening the store leaves a directory for temporary files there, which is no content.
    private static bool IsBare(string path) => !Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Any();
}
