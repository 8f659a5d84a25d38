using System.Text.Json.Nodes;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Resources;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Kubernetes;

/// <summary>
/// A label on the pod of the replica that serves, by which the Service finds it; all others are ready, too, and wait. Set when this
/// coordinator has started, taken from whoever had it before, kept while it runs, and taken off as it stops.
/// </summary>
public sealed class LeaderLabel : BackgroundService
{
    /// <summary>Key of the label. Its value is the name of the Lease, so that two installations in one namespace do not meet.</summary>
    public const string Key = "k8sbackup.dev/leads";

    // A former leader whose container starts again keeps the labels of its pod.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RemovalTimeout = TimeSpan.FromSeconds(3);

    private readonly IResourceReader _reader;
    private readonly IResourceWriter _writer;
    private readonly ResourceName _pod;
    private readonly string _lease;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _clock;
    private readonly ILogger<LeaderLabel> _log;
    private string _trouble = "";

    /// <param name="reader">Finds pods that have the label.</param>
    /// <param name="writer">Changes labels.</param>
    /// <param name="pod">The pod this coordinator runs in.</param>
    /// <param name="lease">Name of the Lease.</param>
    /// <param name="lifetime">Says when the coordinator serves.</param>
    /// <param name="clock">Paces.</param>
    /// <param name="log">Says what cannot be labelled.</param>
    public LeaderLabel(
        IResourceReader reader, IResourceWriter writer, ResourceName pod, string lease, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<LeaderLabel> log)
    {
        _reader = reader;
        _writer = writer;
        _pod = pod;
        _lease = lease;
        _lifetime = lifetime;
        _clock = clock;
        _log = log;
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            using CancellationTokenSource timeout = new(RemovalTimeout, _clock);
            await LabelAsync(_pod, null, timeout.Token);
        }
        catch (Exception e) when (e is KubernetesException or OperationCanceledException)
        {
            // The next leader takes it off.
            KubernetesLog.LabelFailed(_log, _pod.ToString(), e.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await StartedAsync(stoppingToken);
            while (true)
            {
                await Task.Delay(await TryAsync(stoppingToken) ? Interval : RetryInterval, _clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping was asked for.
        }
    }

    private async Task StartedAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = _lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
    }

    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            ResourcePage<Pod> labelled = await _reader.ListPageAsync(
                KubernetesTypes.Pods, new ListQuery { Namespace = _pod.Namespace, LabelSelector = $"{Key}={_lease}" }, cancellationToken);
            foreach (Pod pod in labelled.Items.Where(pod => pod.Metadata.Name != _pod.Name))
            {
                await LabelAsync(new ResourceName(_pod.Namespace, pod.Metadata.Name), null, cancellationToken);
            }

            if (!labelled.Items.Any(pod => pod.Metadata.Name == _pod.Name))
            {
                await LabelAsync(_pod, _lease, cancellationToken);
            }

            _trouble = "";
            return true;
        }
        catch (KubernetesException e)
        {
            // Once for each cause: a missing right stays missing.
            if (_trouble != e.Message)
            {
                _trouble = e.Message;
                KubernetesLog.LabelFailed(_log, _pod.ToString(), e.Message);
            }

            return false;
        }
    }

    private async Task LabelAsync(ResourceName pod, string? value, CancellationToken cancellationToken)
    {
        JsonObject patch = new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [Key] = value } } };
        try
        {
            await _writer.MergePatchAsync(KubernetesTypes.Pods, pod, patch, Subresource.None, cancellationToken);
        }
        catch (KubernetesException e) when (value is null && e.Failure == KubernetesFailure.NotFound)
        {
            // Gone, and its label with it.
        }
    }
}
