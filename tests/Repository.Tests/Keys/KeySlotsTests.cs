using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Keys;
using K8sBackup.TestKit;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Keys;

public sealed class KeySlotsTests
{
    private readonly InMemoryObjectStore _store = new();

    private KeySlots Slots => new(_store, TimeProvider.System);

    [Fact]
    public async Task Unlock_EveryKindOfSlot_GivesTheSameKeys()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        using Passphrase passphrase = Passphrase.From("correct horse battery ünïcode");
        await Slots.AddAsync(repository.Keys, new NewSlot(passphrase, "printed"), default);
        SlotCredential[] credentials =
        [
            KeyFile.Parse(repository.KeyFile.Export()),
            RecoveryPrivateKey.Parse(repository.Recovery.Export() + "\n"),
            Passphrase.From("correct horse battery ünïcode"),
        ];

        foreach (SlotCredential credential in credentials)
        {
            using MasterKeys keys = await Slots.UnlockAsync(credential, default);
            Assert.Equal(repository.Keys.Repository, keys.Repository);
            Assert.True(repository.Keys.CutterKey.SequenceEqual(keys.CutterKey));
            Assert.True(repository.Keys.IdKey.SequenceEqual(keys.IdKey));
            Assert.True(repository.Keys.ManifestKey.SequenceEqual(keys.ManifestKey));
        }

        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Unlock_WrongKeys_SaysSoForEachKind()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        await Slots.AddAsync(repository.Keys, new NewSlot(Passphrase.From("the right passphrase"), "p"), default);

        await AssertFailsAsync(KeyError.WrongKey, () => Slots.UnlockAsync(KeyFile.Generate(), default));
        await AssertFailsAsync(KeyError.WrongKey, () => Slots.UnlockAsync(RecoveryPrivateKey.Generate(), default));
        await AssertFailsAsync(KeyError.WrongKey, () => Slots.UnlockAsync(Passphrase.From("the wrong passphrase"), default));
        await AssertFailsAsync(KeyError.WrongKey, () => Slots.UnlockAsync(Passphrase.From("the right passphrase "), default));
        await AssertFailsAsync(KeyError.Unusable, () => Slots.UnlockAsync(repository.Recovery.PublicKey, default));
    }

    [Fact]
    public async Task Unlock_BesideASlotNobodyCanUse_StillOpens()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        string good = (await Slots.ListAsync(default)).Single(s => s.Kind == KeySlotKind.KeyFile).Id;
        KeySlot slot = KeySlotCodec.Decode($"keys/{good}", await _store.GetAsync($"keys/{good}", 65_536, default));
        // Sorts before any other, so that it is tried first.
        KeySlot unusable = slot with { Id = Format.ObjectId.Read(new byte[16]), Kdf = KeySlotKdf.Pbkdf2Sha512 };
        await _store.PutIfAbsentAsync($"keys/{unusable.Id}", KeySlotCodec.Encode(unusable), default);

        using MasterKeys keys = await Slots.UnlockAsync(KeyFile.Parse(repository.KeyFile.Export()), default);
        Assert.Equal(repository.Keys.Repository, keys.Repository);
    }

    [Fact]
    public async Task Create_AgainAfterItWasInterrupted_MakesOneRepositoryThatEveryCredentialOpens()
    {
        using KeyFile key = KeyFile.Generate();
        using Passphrase recovery = Passphrase.From("recovery passphrase of the test");
        NewSlot[] slots = [new(key, "key"), new(recovery, "recovery")];
        foreach (string failing in new[] { "keys/", "config" })
        {
            FaultRule rule = new() { Kind = FaultKind.ErrorInstead, NamePrefix = failing, Operations = StoreOperations.Put, Skip = failing == "keys/" ? 1 : 0 };
            FaultyObjectStore interrupted = new(_store, TimeProvider.System, rule);
            await Assert.ThrowsAnyAsync<Exception>(() => RepositoryInitializer.CreateAsync(interrupted, slots, TimeProvider.System, default));
            Assert.False(await RepositoryInitializer.ExistsAsync(_store, default));
        }

        using MasterKeys made = await RepositoryInitializer.CreateAsync(_store, slots, TimeProvider.System, default);
        foreach (SlotCredential credential in new SlotCredential[] { key, recovery })
        {
            using MasterKeys opened = await Slots.UnlockAsync(credential, default);
            Assert.Equal(made.Repository, opened.Repository);
            using K8sBackup.Repository.Reading.OpenRepository repository = await K8sBackup.Repository.Reading.OpenRepository.OpenAsync(_store, opened, default);
        }

        Assert.Equal(2, (await Slots.ListAsync(default)).Count);
    }

    [Fact]
    public async Task Unlock_NoSlotOfTheKind_SaysSo()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);

        await AssertFailsAsync(KeyError.NoSuchSlot, () => Slots.UnlockAsync(Passphrase.From("no such slot here"), default));
    }

    [Fact]
    public async Task Unlock_OnlyTheRecoverySlotLeft_StillOpens()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        foreach (KeySlotInfo slot in (await Slots.ListAsync(default)).Where(s => !s.IsRecovery))
        {
            await _store.DeleteAsync($"keys/{slot.Id}", default);
        }

        using MasterKeys keys = await Slots.UnlockAsync(RecoveryPrivateKey.Parse(repository.Recovery.Export()), default);

        Assert.Equal(repository.Keys.Repository, keys.Repository);
        Assert.False((await RepositoryCheck.RunAsync(_store, keys)).IsSound);
    }

    [Fact]
    public async Task Unlock_AnyBitOfTheSlotFlipped_IsDamageNotAWrongKey()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        KeySlotInfo slot = (await Slots.ListAsync(default)).Single(s => s.Kind == KeySlotKind.KeyFile);
        int length = (int)(await _store.HeadAsync($"keys/{slot.Id}", default))!.Length;
        for (int offset = 0; offset < length; offset++)
        {
            FaultyObjectStore damaged = new(
                _store,
                TimeProvider.System,
                new FaultRule { Kind = FaultKind.Damage, Operations = StoreOperations.Get, NamePrefix = $"keys/{slot.Id}", Offset = offset });

            RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(
                () => new KeySlots(damaged, TimeProvider.System).UnlockAsync(repository.KeyFile, default));

            Assert.Equal($"keys/{slot.Id}", error.ObjectName);
        }
    }

    [Fact]
    public async Task Unlock_SlotUnderAnotherName_IsMisplaced()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        KeySlotInfo slot = (await Slots.ListAsync(default)).Single(s => s.Kind == KeySlotKind.KeyFile);
        byte[] content = await _store.GetAsync($"keys/{slot.Id}", int.MaxValue, default);
        await _store.DeleteAsync($"keys/{slot.Id}", default);
        await _store.PutIfAbsentAsync("keys/0123456789abcdef0123456789abcdef", content, default);

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(
            () => Slots.UnlockAsync(repository.KeyFile, default));

        Assert.Equal(RepositoryDamage.Misplaced, error.Damage);
    }

    [Fact]
    public async Task Remove_BelowTwoOrTheLastRecovery_IsRefused()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        KeySlotInfo[] slots = [.. await Slots.ListAsync(default)];
        await AssertFailsAsync(KeyError.TooFewSlots, () => Slots.RemoveAsync(slots[0].Id, default));

        string third = await Slots.AddAsync(repository.Keys, new NewSlot(KeyFile.Generate(), "third"), default);
        KeySlotInfo recovery = slots.Single(s => s.IsRecovery);
        await AssertFailsAsync(KeyError.TooFewSlots, () => Slots.RemoveAsync(recovery.Id, default));
        await AssertFailsAsync(KeyError.NoSuchSlot, () => Slots.RemoveAsync("unknown", default));
        await Slots.RemoveAsync(third, default);

        Assert.Equal(2, (await Slots.ListAsync(default)).Count);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Add_ShortPassphrase_IsRefused()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);

        await AssertFailsAsync(
            KeyError.Unusable, () => Slots.AddAsync(repository.Keys, new NewSlot(Passphrase.From("too short"), "p"), default));
    }

    [Fact]
    public async Task Create_TooFewSlotsOrNoRecovery_WritesNothing()
    {
        using KeyFile key = KeyFile.Generate();
        using RecoveryPrivateKey recovery = RecoveryPrivateKey.Generate();
        NewSlot[][] attempts =
        [
            [],
            [new NewSlot(recovery.PublicKey, "r")],
            [new NewSlot(key, "a"), new NewSlot(KeyFile.Generate(), "b")],
        ];
        foreach (NewSlot[] slots in attempts)
        {
            await AssertFailsAsync(
                KeyError.TooFewSlots, () => RepositoryInitializer.CreateAsync(_store, slots, TimeProvider.System, default));
        }

        Assert.Empty(await _store.ListAsync("", default).ToListAsync());
    }

    [Fact]
    public async Task Create_RepositoryThere_ChangesNothing()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        List<ObjectInfo> before = await _store.ListAsync("", default).ToListAsync();

        await Assert.ThrowsAsync<RepositoryExistsException>(() => TestRepository.CreateAsync(_store));

        Assert.Equal(before, await _store.ListAsync("", default).ToListAsync());
    }

    [Fact]
    public async Task Create_TwoAtOnce_OneWinsAndItsKeysOpen()
    {
        Task<TestRepository>[] both = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() => TestRepository.CreateAsync(_store)))];
        await Task.WhenAll(both).ContinueWith(_ => { }, TaskScheduler.Default);

        TestRepository winner = await both.Single(t => t.IsCompletedSuccessfully);
        Assert.IsType<RepositoryExistsException>(both.Single(t => t.IsFaulted).Exception!.InnerException);
        await RepositoryCheck.AssertSoundAsync(winner);
        Assert.Equal(2, (await Slots.ListAsync(default)).Count);
    }

    [Fact]
    public async Task Create_StoreStopsAtAnyWrite_MayBeRepeated()
    {
        for (int writes = 0; writes < 3; writes++)
        {
            InMemoryObjectStore inner = new();
            FaultyObjectStore stopping = new(
                inner,
                TimeProvider.System,
                new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Writes, Skip = writes });

            await Assert.ThrowsAsync<ObjectStoreException>(() => TestRepository.CreateAsync(stopping));

            using TestRepository repository = await TestRepository.CreateAsync(inner);
            await (await repository.OpenWriterAsync()).DisposeAsync();
            await RepositoryCheck.AssertSoundAsync(repository);
        }
    }

    [Fact]
    public void KeyFile_FlippedCharacter_IsDamagedNotWrong()
    {
        using KeyFile key = KeyFile.Generate();
        string text = key.Export();
        for (int i = 0; i < text.Length; i++)
        {
            char[] changed = text.ToCharArray();
            changed[i] = (char)(changed[i] ^ 1);
            Assert.Equal(KeyError.Damaged, Assert.Throws<KeyException>(() => KeyFile.Parse(new string(changed))).Error);
        }

        foreach (string bad in (string[])["", "K8SBACKUP-KEY-1-", text[..^1], text + "0", "K8SBACKUP-RECOVERY-PRIVATE-1-00", new string('x', 10_000)])
        {
            Assert.Equal(KeyError.Damaged, Assert.Throws<KeyException>(() => KeyFile.Parse(bad)).Error);
        }
    }

    [Fact]
    public void KeyFile_Written_IsReadableByItsOwnerOnlyAndNeverOverwritten()
    {
        using TemporaryDirectory directory = new();
        string path = Path.Combine(directory.Path, "key");
        using KeyFile key = KeyFile.Generate();
        key.WriteNew(path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(key.Export(), KeyFile.Read(path).Export());
        Assert.Throws<IOException>(() => KeyFile.Generate().WriteNew(path));
    }

    [Fact]
    public void RecoveryKey_ZeroOrOutOfRange_IsUnusable()
    {
        foreach (byte filler in (byte[])[0, 255])
        {
            string text = KeyText.Format("RECOVERY-PRIVATE", Enumerable.Repeat(filler, 32).ToArray());
            Assert.Equal(KeyError.Unusable, Assert.Throws<KeyException>(() => RecoveryPrivateKey.Parse(text)).Error);
        }

        string point = KeyText.Format("RECOVERY-PUBLIC", [4, .. new byte[64]]);
        Assert.Equal(KeyError.Unusable, Assert.Throws<KeyException>(() => RecoveryPublicKey.Parse(point)).Error);
    }

    [Fact]
    public async Task Secrets_InTextForms_NeverShow()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_store);
        string secret = repository.KeyFile.Export()["K8SBACKUP-KEY-1-".Length..][..16];

        Assert.DoesNotContain(secret, repository.KeyFile.ToString(), StringComparison.Ordinal);
        Assert.Contains("redacted", repository.Keys.ToString(), StringComparison.Ordinal);
        using SecretBytes bytes = SecretBytes.Random(8);
        Assert.Equal("[redacted]", bytes.ToString());
        bytes.Dispose();
        Assert.Throws<ObjectDisposedException>(() => bytes.Span.Length);
    }

    private static async Task AssertFailsAsync(KeyError expected, Func<Task> operation) =>
        Assert.Equal(expected, (await Assert.ThrowsAsync<KeyException>(operation)).Error);
}
