using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;

namespace K8sBackup.TestKit.Repositories;

/// <summary>A new repository for a test, in memory unless told otherwise, with small packs and a key file and a recovery key as slots.</summary>
public sealed class TestRepository : IDisposable
{
    private TestRepository(IObjectStore store, MasterKeys keys, KeyFile keyFile, RecoveryPrivateKey recovery, TimeProvider clock)
    {
        Store = store;
        Keys = keys;
        KeyFile = keyFile;
        Recovery = recovery;
        Clock = clock;
    }

    public IObjectStore Store { get; }

    public MasterKeys Keys { get; }

    public KeyFile KeyFile { get; }

    public RecoveryPrivateKey Recovery { get; }

    public TimeProvider Clock { get; }

    public static async Task<TestRepository> CreateAsync(IObjectStore? store = null, TimeProvider? clock = null)
    {
        store ??= new InMemoryObjectStore();
        clock ??= TimeProvider.System;
        KeyFile keyFile = KeyFile.Generate();
        RecoveryPrivateKey recovery = RecoveryPrivateKey.Generate();
        MasterKeys keys = await RepositoryInitializer.CreateAsync(
            store, [new NewSlot(keyFile, "test key"), new NewSlot(recovery.PublicKey, "test recovery")], clock, default);
        return new TestRepository(store, keys, keyFile, recovery, clock);
    }

    public Task<RepositoryWriter> OpenWriterAsync(IObjectStore? through = null, RepositoryWriterOptions? options = null) =>
        RepositoryWriter.OpenAsync(
            through ?? Store,
            Keys,
            options ?? new RepositoryWriterOptions { PackTargetBytes = RepositoryWriterOptions.PackTargetBytesMin },
            Clock,
            default);

    public Task<OpenRepository> OpenAsync() => OpenRepository.OpenAsync(Store, Keys, default);

    public void Dispose()
    {
        Keys.Dispose();
        KeyFile.Dispose();
        Recovery.Dispose();
    }
}
