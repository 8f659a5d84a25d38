using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Keys;

public sealed class DataKeyRotationTests
{
    private static readonly IReadOnlyDictionary<string, byte[]> s_old = TestBackup.Files(71);
    private static readonly IReadOnlyDictionary<string, byte[]> s_new = TestBackup.Files(72);

    private readonly InMemoryObjectStore _store = new();

    private KeySlots Slots => new(_store, TimeProvider.System);

    [Fact]
    public async Task Rotate_NewPacksUseTheNewKeyAndEverySlotReadsBoth()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        SnapshotManifest before = await BackUpAsync(repository.Keys, s_old);

        uint epoch = await RotateAsync(_store, repository);

        Assert.Equal(2u, epoch);
        Assert.Equal(2, (await Slots.ListAsync(default)).Count);
        Assert.Equal(["test key", "test recovery"], (await Slots.ListAsync(default)).Select(s => s.Label).Order());
        HashSet<string> packsBefore = [.. await _store.NamesAsync("packs/")];
        SnapshotManifest after;
        using (MasterKeys keys = await Slots.UnlockAsync(repository.KeyFile, default))
        {
            Assert.Equal(2u, keys.CurrentEpoch);
            after = await BackUpAsync(keys, s_new);
        }

        foreach (string pack in (await _store.NamesAsync("packs/")).Where(p => !packsBefore.Contains(p)))
        {
            Assert.Equal(2, (await _store.GetAsync(pack, int.MaxValue, default))[12]);
        }

        using MasterKeys recovered = await Slots.UnlockAsync(repository.Recovery, default);
        using OpenRepository open = await OpenRepository.OpenAsync(_store, recovered, default);
        await TestBackup.AssertRestoresAsync(open, before, s_old);
        await TestBackup.AssertRestoresAsync(open, after, s_new);
        await RepositoryCheck.AssertSoundAsync(_store, recovered);
    }

    [Fact]
    public async Task Rotate_ASlotWithoutItsCredential_IsRefusedAndNothingChanges()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        using Passphrase passphrase = Passphrase.From("a third slot's passphrase");
        string third = await Slots.AddAsync(repository.Keys, new NewSlot(passphrase, "safe"), default);
        List<string> names = await _store.NamesAsync("");

        KeyException error = await Assert.ThrowsAsync<KeyException>(() => RotateAsync(_store, repository));

        Assert.Equal(KeyError.SlotLeftBehind, error.Error);
        Assert.Contains(third, error.Message, StringComparison.Ordinal);
        Assert.Equal(names, await _store.NamesAsync(""));
        Assert.Equal(2u, await RotateAsync(_store, repository, removed: third));
        Assert.DoesNotContain(third, (await Slots.ListAsync(default)).Select(s => s.Id));
    }

    [Fact]
    public async Task Rotate_StoppedAtAnyWrite_EverySlotStillOpensAndTheNextCallFinishes()
    {
        for (int writes = 0; writes < 12; writes++)
        {
            InMemoryObjectStore inner = new();
            using TestRepository repository = await TestRepository.CreateAsync(inner);
            FaultyObjectStore stopping = new(
                inner, TimeProvider.System, new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Writes, Skip = writes });
            bool finished = await TryRotateAsync(stopping, repository);

            KeySlots slots = new(inner, TimeProvider.System);
            foreach (SlotCredential credential in (SlotCredential[])[repository.KeyFile, repository.Recovery])
            {
                using MasterKeys keys = await slots.UnlockAsync(credential, default);
                // Whoever writes now writes what every other slot reads.
                await using (RepositoryWriter writer = await RepositoryWriter.OpenAsync(
                    inner, keys, new RepositoryWriterOptions(), TimeProvider.System, default))
                {
                    await TestBackup.BackUpAsync(writer, TestBackup.Files(credential.Kind == KeySlotKind.KeyFile ? 73 : 74));
                }

                foreach (SlotCredential other in (SlotCredential[])[repository.KeyFile, repository.Recovery])
                {
                    using MasterKeys reading = await slots.UnlockAsync(other, default);
                    await RepositoryCheck.AssertSoundAsync(inner, reading);
                }
            }

            uint epoch = await RotateAsync(inner, repository);
            Assert.Equal(finished ? 3u : 2u, epoch);
            Assert.Equal(2, (await slots.ListAsync(default)).Count);
            if (finished)
            {
                Assert.InRange(writes, 4, 11);
                return;
            }
        }

        Assert.Fail("The rotation never finished.");
    }

    [Fact]
    public async Task Rotate_OldSlotPutBack_IsOutdatedAndOpensNothing()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        string old = (await Slots.ListAsync(default)).Single(s => s.Kind == KeySlotKind.KeyFile).Id;
        byte[] content = await _store.GetAsync($"keys/{old}", int.MaxValue, default);
        await RotateAsync(_store, repository);
        foreach (KeySlotInfo slot in (await Slots.ListAsync(default)).Where(s => s.Kind == KeySlotKind.KeyFile))
        {
            await _store.DeleteAsync($"keys/{slot.Id}", default);
        }

        await _store.PutIfAbsentAsync($"keys/{old}", content, default);

        KeyException error = await Assert.ThrowsAsync<KeyException>(() => Slots.UnlockAsync(repository.KeyFile, default));
        Assert.Equal(KeyError.Outdated, error.Error);
        IReadOnlyList<SlotTest> tests = await Slots.TestAsync([repository.KeyFile, repository.Recovery], default);
        Assert.Equal([SlotTestResult.Opens, SlotTestResult.Outdated], tests.Select(t => t.Result).Order());
    }

    [Fact]
    public async Task Rotate_ForgedMark_IsIgnored()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        InMemoryObjectStore other = new();
        using TestRepository stranger = await TestRepository.CreateAsync(other);
        await RotateAsync(other, stranger);
        await _store.PutIfAbsentAsync("epochs/00000002", await other.GetAsync("epochs/00000002", int.MaxValue, default), default);

        using MasterKeys keys = await Slots.UnlockAsync(repository.KeyFile, default);

        Assert.Equal(1u, keys.CurrentEpoch);
    }

    [Fact]
    public async Task Add_WithKeysFromBeforeARotation_IsRefusedAndLeavesNoSlot()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        await RotateAsync(_store, repository);
        using KeyFile late = KeyFile.Generate();

        KeyException error = await Assert.ThrowsAsync<KeyException>(() => Slots.AddAsync(repository.Keys, new NewSlot(late, "late"), default));

        Assert.Equal(KeyError.Outdated, error.Error);
        Assert.Equal(2, (await Slots.ListAsync(default)).Count);
    }

    [Fact]
    public async Task Remove_TwoAtOnce_LeaveEnough()
    {
        for (int round = 0; round < 20; round++)
        {
            InMemoryObjectStore inner = new();
            using TestRepository repository = await TestRepository.CreateAsync(inner);
            KeySlots slots = new(inner, TimeProvider.System);
            using KeyFile third = KeyFile.Generate();
            string added = await slots.AddAsync(repository.Keys, new NewSlot(third, "third"), default);
            string first = (await slots.ListAsync(default)).First(s => s.Kind == KeySlotKind.KeyFile && s.Id != added).Id;

            Task[] removing = [Task.Run(() => slots.RemoveAsync(added, default)), Task.Run(() => slots.RemoveAsync(first, default))];
            await Task.WhenAll(removing).ContinueWith(t => t.Exception, TaskScheduler.Default);

            Assert.Contains(removing, t => t.Exception?.InnerException is KeyException { Error: KeyError.TooFewSlots or KeyError.NoSuchSlot });
            Assert.True((await slots.ListAsync(default)).Count >= KeySlots.SlotsMin);
        }
    }

    [Fact]
    public async Task Remove_AnotherRemovedAfterTheFirstLook_PutsTheSlotBack()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        using KeyFile third = KeyFile.Generate();
        string added = await Slots.AddAsync(repository.Keys, new NewSlot(third, "third"), default);
        string first = (await Slots.ListAsync(default)).First(s => s.Kind == KeySlotKind.KeyFile && s.Id != added).Id;
        DeletingStore racing = new(_store, $"keys/{first}");

        KeyException error = await Assert.ThrowsAsync<KeyException>(() => new KeySlots(racing, TimeProvider.System).RemoveAsync(added, default));

        Assert.Equal(KeyError.TooFewSlots, error.Error);
        Assert.Contains(added, (await Slots.ListAsync(default)).Select(s => s.Id));
        using MasterKeys keys = await Slots.UnlockAsync(third, default);
    }

    [Fact]
    public async Task Unlock_ManyForgedSlotsWithManyRounds_EndsSoon()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        string real = (await Slots.ListAsync(default)).Single(s => s.Kind == KeySlotKind.KeyFile).Id;
        KeySlot slot = KeySlotCodec.Decode($"keys/{real}", await _store.GetAsync($"keys/{real}", 65_536, default));
        for (int i = 0; i < 40; i++)
        {
            KeySlot forged = slot with { Id = ObjectId.Create(), Kind = KeySlotKind.Passphrase, Kdf = KeySlotKdf.Pbkdf2Sha512, Iterations = 39_000_000 + i };
            await _store.PutIfAbsentAsync($"keys/{forged.Id}", KeySlotCodec.Encode(forged), default);
        }

        using Passphrase own = Passphrase.From("the operator's own passphrase");
        await Slots.AddAsync(repository.Keys, new NewSlot(own, "own"), default);

        // The cheap one is tried first; forty times half a minute would be the rest.
        using MasterKeys keys = await Slots.UnlockAsync(own, default).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(repository.Keys.Repository, keys.Repository);
    }

    private static Task<uint> RotateAsync(IObjectStore store, TestRepository repository, params string[] removed) =>
        new DataKeyRotation(store, TimeProvider.System).RunAsync([repository.KeyFile, repository.Recovery.PublicKey], removed, default);

    private static async Task<bool> TryRotateAsync(IObjectStore store, TestRepository repository)
    {
        try
        {
            await RotateAsync(store, repository);
            return true;
        }
        catch (ObjectStoreException)
        {
            return false;
        }
    }

    private async Task<SnapshotManifest> BackUpAsync(MasterKeys keys, IReadOnlyDictionary<string, byte[]> files)
    {
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(
            _store, keys, new RepositoryWriterOptions { PackTargetBytes = RepositoryWriterOptions.PackTargetBytesMin }, TimeProvider.System, default);
        return (await TestBackup.BackUpAsync(writer, files)).Snapshot;
    }
}
