using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.Contract;

namespace K8sBackup.TestKit.ObjectStores;

/// <summary>Runs the checks of <see cref="StoreContract"/> as tests. Derive a test class per implementation.</summary>
public abstract class ObjectStoreContract
{
    public static TheoryData<string> Checks => [.. StoreContract.Checks.Select(c => c.Name)];

    /// <summary>An empty store of the implementation under test.</summary>
    protected abstract IObjectStore Store { get; }

    [Theory]
    [MemberData(nameof(Checks))]
    public Task Store_KeepsItsPromise(string check) => StoreContract.Checks.Single(c => c.Name == check).RunAsync(Store, default);
}
