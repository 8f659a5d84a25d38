using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Tests.Restores;

public sealed class RestoreDrivesTests : IDisposable
{
    private readonly RestoreDrives _drives = new();
    private readonly RestoreId _id = RestoreId.Create(TimeProvider.System);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;

    public void Dispose() => _drives.Dispose();

    [Fact]
    public async Task Begin_WhileItIsDriven_DrivesOnceAndAfterwardsAgain()
    {
        Begin();
        Begin();
        Assert.Equal(1, _begun);

        _end.SetResult();
        long since = TimeProvider.System.GetTimestamp();
        while (_begun == 1)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromMinutes(1), "what ended is never driven again");
            await Task.Yield();
            Begin();
        }

        Assert.Equal(2, _begun);
    }

    [Fact]
    public async Task Stop_CancelsAndWaits_AndNothingBeginsAnyMore()
    {
        Begin();

        Task stop = _drives.StopAsync(CancellationToken.None);

        await _cancelled.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.False(stop.IsCompleted);
        _end.SetResult();
        await stop.WaitAsync(TimeSpan.FromMinutes(1));
        Begin();
        Assert.Equal(1, _begun);
    }

    [Fact]
    public async Task Stop_InNoTime_IsCancelled()
    {
        Begin();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _drives.StopAsync(new CancellationToken(canceled: true)));
        _end.SetResult();
    }

    private void Begin() => _drives.Begin(_id, () =>
    {
        _begun++;
        return async stopping =>
        {
            await using CancellationTokenRegistration registration = stopping.Register(() => _cancelled.TrySetResult());
            await _end.Task;
        };
    });
}
