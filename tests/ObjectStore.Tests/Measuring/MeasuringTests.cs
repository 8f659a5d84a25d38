using System.Diagnostics.Metrics;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.ObjectStore.Measuring;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Time;

namespace K8sBackup.ObjectStore.Tests.Measuring;

public sealed class MeasuringTests
{
    [Fact]
    public async Task Calls_AreCountedWithBytesTimeAndOutcome()
    {
        ManualTimeProvider clock = new();
        using StoreMeter meter = new();
        FaultyObjectStore slow = new(new InMemoryObjectStore(), clock, new FaultRule { Kind = FaultKind.Delay, Operations = StoreOperations.Put, Delay = TimeSpan.FromSeconds(3) });
        MeasuringObjectStore store = new(slow, meter, clock);
        Dictionary<string, long> seen = [];
        using MeterListener listener = new() { InstrumentPublished = (instrument, l) => { if (instrument.Meter.Name == StoreMeter.Name) { l.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            lock (seen)
            {
                seen[instrument.Name] = seen.GetValueOrDefault(instrument.Name) + value;
            }
        });
        listener.Start();

        Task<PutOutcome> put = store.PutIfAbsentAsync("a", new byte[100], default);
        clock.Advance(TimeSpan.FromSeconds(3));
        await put;
        await store.GetAsync("a", 100, default);
        await Assert.ThrowsAsync<ObjectStoreException>(() => store.GetAsync("none", 100, default));
        await store.NamesAsync("");
        meter.CountRetry("get");

        IReadOnlyDictionary<string, OperationStatistics> counted = meter.Snapshot();
        Assert.Equal(new OperationStatistics(1, 0, 0, 100, 0, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3)), counted["put"]);
        Assert.Equal(new OperationStatistics(2, 1, 1, 0, 100, TimeSpan.Zero, TimeSpan.Zero), counted["get"]);
        Assert.Equal(1, counted["list"].Calls);
        Assert.True(seen["k8sbackup.store.operations"] >= 4);
        Assert.True(seen["k8sbackup.store.bytes"] >= 200);
    }

    [Fact]
    public async Task List_Fails_IsCountedAsAFailure()
    {
        using StoreMeter meter = new();
        MeasuringObjectStore store = new(
            new FaultyObjectStore(new InMemoryObjectStore(), TimeProvider.System, new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.List }), meter, TimeProvider.System);

        await Assert.ThrowsAsync<ObjectStoreException>(() => store.NamesAsync(""));

        Assert.Equal((1, 1), (meter.Snapshot()["list"].Calls, meter.Snapshot()["list"].Failures));
    }
}
