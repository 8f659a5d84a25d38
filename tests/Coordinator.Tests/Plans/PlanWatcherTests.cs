using K8sBackup.Coordinator.Plans;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Plans;

public sealed class PlanWatcherTests : IAsyncLifetime
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly PlanDirectory _plans;
    private readonly PlanWatcher _watcher;

    public PlanWatcherTests()
    {
        _plans = new PlanDirectory(_directory.Path);
        _watcher = new PlanWatcher(_plans, _clock, NullLogger<PlanWatcher>.Instance);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _watcher.StopAsync(CancellationToken.None);
        _watcher.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Start_PlansAreThere_AreKnownBeforeAnythingElseStarts()
    {
        Write("a.yaml", "a");
        await _watcher.StartAsync(CancellationToken.None);
        Assert.Equal(["a"], Names());
    }

    [Fact]
    public async Task Running_FilesChange_IsNoticedWithinSeconds()
    {
        await _watcher.StartAsync(CancellationToken.None);
        Assert.Empty(Names());

        Write("a.yaml", "a");
        await _clock.AdvanceUntilAsync(() => Names() is ["a"], Step, Limit);
        Write("a.yaml", "b");
        await _clock.AdvanceUntilAsync(() => Names() is ["b"], Step, Limit);
        Write("a.yaml", "kind: [");
        await _clock.AdvanceUntilAsync(() => _plans.Current.Faults.Count > 0, Step, Limit);
        Assert.Equal(["b"], Names());
        File.Delete(Path.Combine(_directory.Path, "a.yaml"));
        await _clock.AdvanceUntilAsync(() => Names().Length == 0, Step, Limit);
    }

    private string[] Names() => [.. _plans.Current.Plans.Select(p => p.Name)];

    private void Write(string file, string name) => File.WriteAllText(Path.Combine(_directory.Path, file), $$"""
        apiVersion: k8sbackup.dev/v1alpha1
        kind: BackupPlan
        metadata:
          name: {{name}}
        spec:
          sources:
            - volume: {name: data, path: /srv/data}
        """);
}
