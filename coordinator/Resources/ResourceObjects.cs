using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Watching;
using Microsoft.Extensions.Hosting;

namespace K8sBackup.Coordinator.Resources;

/// <summary>
/// Our objects of one namespace, kept up to date by watches. While the API server is away they are as last heard of. Started before
/// anything asks for plans.
/// </summary>
internal sealed class ResourceObjects : BackgroundService, IResourceObjects
{
    // The coordinator's own history is far below; more would be somebody's mistake.
    private static readonly ResourceCacheOptions _options = new() { ItemsMax = 20_000 };

    private readonly ResourceCache<BackupPlanResource> _plans;
    private readonly ResourceCache<BackupResource> _backups;
    private readonly ResourceCache<RestoreResource> _restores;

    public ResourceObjects(IResourceReader reader, string ns, TimeProvider clock)
    {
        Namespace = ns;
        _plans = CacheOf(reader, ResourceKinds.BackupPlans, ns, clock);
        _backups = CacheOf(reader, ResourceKinds.Backups, ns, clock);
        _restores = CacheOf(reader, ResourceKinds.Restores, ns, clock);
    }

    public string Namespace { get; }

    public async Task<IReadOnlyList<BackupPlanResource>> PlansAsync(CancellationToken cancellationToken) => [.. (await _plans.WaitUntilFilledAsync(cancellationToken)).Items.Values];

    public async Task<IReadOnlyList<BackupResource>> BackupsAsync(CancellationToken cancellationToken) => [.. (await _backups.WaitUntilFilledAsync(cancellationToken)).Items.Values];

    public async Task<IReadOnlyList<RestoreResource>> RestoresAsync(CancellationToken cancellationToken) => [.. (await _restores.WaitUntilFilledAsync(cancellationToken)).Items.Values];

    /// <summary>Why the API server is not heard at the moment; null while it is.</summary>
    public KubernetesException? Trouble => _plans.View.Trouble ?? _backups.View.Trouble ?? _restores.View.Trouble;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(_plans.RunAsync(stoppingToken), _backups.RunAsync(stoppingToken), _restores.RunAsync(stoppingToken));

    private static ResourceCache<T> CacheOf<T>(IResourceReader reader, ResourceType<T> type, string ns, TimeProvider clock)
        where T : KubernetesObject => new(reader, type, ListQuery.In(ns), _options, clock, new Random());
}
