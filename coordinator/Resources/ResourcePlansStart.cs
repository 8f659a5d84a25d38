using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Resources;

/// <summary>Takes in the BackupPlans before anything asks for plans: a schedule without its plan would be forgotten. Waits for an API server that is away.</summary>
internal sealed class ResourcePlansStart : IHostedService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ResourceObjects _objects;
    private readonly ResourcePlans _plans;
    private readonly TimeProvider _clock;
    private readonly ILogger<ResourceHome> _log;

    public ResourcePlansStart(ResourceObjects objects, ResourcePlans plans, TimeProvider clock, ILogger<ResourceHome> log)
    {
        _objects = objects;
        _plans = plans;
        _clock = clock;
        _log = log;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<BackupPlanResource>> first = _objects.PlansAsync(cancellationToken);
        while (await Task.WhenAny(first, Task.Delay(Interval, _clock, cancellationToken)) != first)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ResourceLog.NotRead(_log, _objects.Trouble?.Message ?? "no answer yet");
        }

        PlanLoading.Take(_plans, await first, _log);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
