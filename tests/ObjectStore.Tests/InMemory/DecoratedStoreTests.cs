using K8sBackup.ObjectStore.InMemory;
using K8sBackup.ObjectStore.Measuring;
using K8sBackup.ObjectStore.Retrying;
using K8sBackup.ObjectStore.Scoping;
using K8sBackup.ObjectStore.Throttling;
using K8sBackup.TestKit.ObjectStores;

namespace K8sBackup.ObjectStore.Tests.InMemory;

/// <summary>The contract through every decorator at once: none of them may change what a store does.</summary>
public sealed class DecoratedStoreTests : ObjectStoreContract
{
    private const long Fast = 1L << 40;

    protected override IObjectStore Store { get; } = new MeasuringObjectStore(
        new RetryingObjectStore(
            new ThrottlingObjectStore(
                new ScopedObjectStore(new InMemoryObjectStore(), "folder"), new ThrottleOptions(Fast, Fast).ToThrottle(TimeProvider.System)),
            new RetryPolicy(RetryOptions.Default, TimeProvider.System, new Random(1))),
        new StoreMeter(),
        TimeProvider.System);
}
