using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Resources;
using K8sBackup.Coordinator.State;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>Somebody sets the time of day back by years: what is written now and then is written as often as before.</summary>
public sealed class ClockSetBackTests : IAsyncLifetime, IPointDeletion
{
    private static readonly TimeSpan Jump = TimeSpan.FromDays(-3650);

    private readonly ManualTimeProvider _clock = new();
    private ResourceWorld _world = null!;
    private int _deletions;

    public async Task InitializeAsync() => _world = await ResourceWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Document_IsWritten()
    {
        using ClusterStateHome home = new(
            await LoadedState.ReadAsync(_world.Client, _world.Client, ResourceWorld.Namespace, default), _clock, NullLogger<ClusterStateHome>.Instance);
        await home.StartAsync(default);
        home.Write("a", new Text("1"));
        Task first = home.FlushAsync("a", default);
        await _clock.AdvanceUntilAsync(() => first.IsCompleted, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(20));
        _clock.Jump(Jump);
        home.Write("a", new Text("2"));

        // No flush, which would not heed the pause.
        long begin = TimeProvider.System.GetTimestamp();
        while (await WrittenAsync() != "2")
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromMinutes(2), "The document is not written.");
            _clock.Advance(TimeSpan.FromMilliseconds(250));
        }

        await home.StopAsync(default);
    }

    [Fact]
    public async Task Progress_IsWritten()
    {
        StatusWriter<BackupResource> writer = new(ResourceKinds.Backups, _world.Client, _clock, NullLogger.Instance);
        BackupResource made = await _world.CreateAsync(ResourceKinds.Backups, "now", """{"planRef": {"name": "nightly"}}""");
        BackupResource first = await writer.WriteAsync(made, Saying(made, "1"), false, default);
        Assert.Equal("1", first.Status.Run);
        Assert.Equal("1", (await writer.WriteAsync(first, Saying(first, "2"), false, default)).Status.Run);

        _clock.Jump(Jump);
        _clock.Advance(StatusWriter<BackupResource>.PauseMin);

        Assert.Equal("2", (await writer.WriteAsync(first, Saying(first, "2"), false, default)).Status.Run);
    }

    [Fact]
    public async Task Deletion_IsTriedAgain()
    {
        EventRecorder events = new(_world.Client, _clock, NullLogger.Instance);
        BackupDeletion deletion = new(_world.Client, _world.Engine, _world.Released, this, events, _clock, NullLogger.Instance);
        BackupResource deleted = new()
        {
            Metadata = new() { Name = "old", Namespace = ResourceWorld.Namespace, Uid = "u", Finalizers = [BackupDeletion.Finalizer], DeletionTimestamp = _clock.GetUtcNow() },
            Spec = new() { DeletionPolicy = BackupSpec.Delete },
            Status = new() { RestorePoint = RestorePointId.Create(_clock).ToString() },
        };
        await deletion.ReconcileAsync([deleted], new RunIndex([], [deleted]), default);
        await Hosting.Eventually.TrueAsync(() => Volatile.Read(ref _deletions) == 1);

        _clock.Jump(Jump);
        _clock.Advance(BackupDeletion.PauseMin);

        // The one before may still be about to end.
        await Hosting.Eventually.TrueAsync(async () =>
        {
            await deletion.ReconcileAsync([deleted], new RunIndex([], [deleted]), default);
            return Volatile.Read(ref _deletions) == 2;
        });
    }

    Task<bool> IPointDeletion.IsThereAsync(RestorePointId point, CancellationToken cancellationToken) => Task.FromResult(true);

    Task IPointDeletion.DeleteAsync(IReadOnlySet<RestorePointId> points, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _deletions);
        throw new BackupException(FailureCause.TargetInUse, "A check goes on.");
    }

    private static BackupResource Saying(BackupResource backup, string run) => backup with { Status = backup.Status with { Run = run } };

    private async Task<string?> WrittenAsync() =>
        (await LoadedState.ReadAsync(_world.Client, _world.Client, ResourceWorld.Namespace, default)).Documents.TryGetValue("a", out byte[]? json)
            ? StateFile.Parse<Text>(json ?? [], "a").Value
            : null;

    private sealed record Text(string Value);
}
