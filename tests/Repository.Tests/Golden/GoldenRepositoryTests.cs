using K8sBackup.Model.Drills;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Golden;

/// <summary>Every format version ever released is read for ever.</summary>
public sealed class GoldenRepositoryTests
{
    [Fact]
    public async Task Version1_EveryCredential_OpensItAndEverythingRestores()
    {
        (InMemoryObjectStore store, string keyFile, string recovery) = await GoldenRepository.ReadAsync("version-1");
        SlotCredential[] credentials = [KeyFile.Parse(keyFile), Passphrase.From(GoldenRepository.PassphraseText), RecoveryPrivateKey.Parse(recovery)];
        foreach (SlotCredential credential in credentials)
        {
            using MasterKeys keys = await new KeySlots(store, TimeProvider.System).UnlockAsync(credential, default);
            using OpenRepository repository = await OpenRepository.OpenAsync(store, keys, default);
            List<SnapshotEntry> snapshots = await repository.Catalog.SnapshotsAsync(null, default).ToListAsync();
            Assert.Equal(2, snapshots.Count);
            await TestBackup.AssertRestoresAsync(repository, snapshots[1].Manifest!, GoldenRepository.FirstFiles);
            await TestBackup.AssertRestoresAsync(repository, snapshots[0].Manifest!, GoldenRepository.SecondFiles);
            CheckReport report = await RepositoryCheck.AssertSoundAsync(store, keys);
            Assert.Equal((2, 2), (report.RestorePoints, report.IndexSegments));
        }
    }

    [Fact]
    public async Task Version1Records_EveryKind_SaysWhatItSaid()
    {
        (InMemoryObjectStore store, string keyFile, _) = await GoldenRepository.ReadAsync("version-1-records");
        string[] kinds = [.. (await store.NamesAsync("")).Select(n => n.Split('/')[0]).Distinct()];
        Assert.Equal(
            ["config", "coverage", "epochs", "index", "keys", "losses", "packs", "pins", "restore-points", "snapshots", "state", "tombstones"], kinds.Order());
        using MasterKeys keys = await new KeySlots(store, TimeProvider.System).UnlockAsync(KeyFile.Parse(keyFile), default);
        using OpenRepository repository = await OpenRepository.OpenAsync(store, keys, default);
        SnapshotEntry snapshot = Assert.Single(await repository.Catalog.SnapshotsAsync(null, default).ToListAsync());
        await TestBackup.AssertRestoresAsync(repository, snapshot.Manifest!, GoldenRepository.FewFiles);

        Assert.Equal(2u, keys.CurrentEpoch);
        RestorePointPin pin = await PinStore.ReadAsync(store, keys, Assert.Single(await store.NamesAsync("pins/")), default);
        Assert.Equal(("somebody", "golden"), (pin.PinnedBy, pin.Reason));
        SnapshotLoss loss = Assert.Single(await LossStore.ReadAsync(store, keys, default)).Value;
        Assert.Equal((snapshot.Id, 1L, "dir/file"), (loss.Snapshot, loss.PathCount, loss.Paths[0]));
        Tombstone tombstone = Assert.Single((await TombstoneStore.ReadAllAsync(store, keys, default)).Tombstones);
        Assert.Equal((7L, 4711L), (tombstone.Generation, tombstone.Packs[0].Bytes));
        CheckReport report = await RepositoryCheck.AssertSoundAsync(store, keys);
        Assert.Equal((report.Packs, 0L), (report.PacksEverRead, report.OrphanedSnapshots));
        CheckReport structure = await RepositoryChecker.RunAsync(store, keys, new CheckOptions(), TimeProvider.System, null, default);
        Assert.Equal((structure.Packs, 0L), (structure.PacksEverRead, structure.PacksRead));
    }

    [Fact]
    public async Task Version1Drills_SayWhatTheyShowed()
    {
        (InMemoryObjectStore store, string keyFile, _) = await GoldenRepository.ReadAsync("version-1-drills");
        using MasterKeys keys = await new KeySlots(store, TimeProvider.System).UnlockAsync(KeyFile.Parse(keyFile), default);
        using OpenRepository repository = await OpenRepository.OpenAsync(store, keys, default);
        SnapshotEntry snapshot = Assert.Single(await repository.Catalog.SnapshotsAsync(null, default).ToListAsync());
        await TestBackup.AssertRestoresAsync(repository, snapshot.Manifest!, GoldenRepository.FewFiles);

        DrillEntry[] drills = [.. await DrillStore.ReadAsync(store, keys, snapshot.Manifest!.Id, default).ToListAsync()];
        Assert.Equal([DrillVerdict.Passed, DrillVerdict.Failed], drills.Select(drill => drill.Record!.Verdict));
        Assert.Equal((GoldenRepository.EtcdDrill, null), (drills[0].Record!.Etcd, drills[0].Record!.Files));
        Assert.Equal(TimeSpan.FromSeconds(4.25), drills[0].Record!.Etcd!.TimeToRecover);
        DrillRecord failed = drills[1].Record!;
        Assert.Equal((3L, 4711L, 5L, "a file came back changed"), (failed.Files!.Files, failed.Files.Bytes, failed.Files.FilesInSnapshot, failed.Reason));
        Assert.Equal((snapshot.Manifest.Source, "schedule"), (failed.Source, failed.StartedBy));
        Assert.Equal(drills[1], (await DrillStore.NewestAsync(store, keys, default))[snapshot.Manifest.Id]);
        await RepositoryCheck.AssertSoundAsync(store, keys);
    }

    [Fact]
    public async Task Version1_IsWrittenOn()
    {
        (InMemoryObjectStore store, string keyFile, _) = await GoldenRepository.ReadAsync("version-1");
        using MasterKeys keys = await new KeySlots(store, TimeProvider.System).UnlockAsync(KeyFile.Parse(keyFile), default);
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(store, keys, new RepositoryWriterOptions(), TimeProvider.System, default);

        (SnapshotManifest snapshot, _) = await TestBackup.BackUpAsync(writer, GoldenRepository.FirstFiles);

        await TestBackup.AssertRestoresAsync(writer.Repository, snapshot, GoldenRepository.FirstFiles);
        await RepositoryCheck.AssertSoundAsync(store, keys);
    }

    [Fact]
    public async Task Write_WhenAskedTo_MakesOne()
    {
        if (Environment.GetEnvironmentVariable("K8SBACKUP_WRITE_GOLDEN") is { } path)
        {
            await GoldenRepository.WriteAsync(path);
            Assert.True(new FileInfo(path).Length < 100_000);
            await GoldenRepository.WriteRecordsAsync(path + "-records");
            Assert.True(new FileInfo(path + "-records").Length < 50_000);
            await GoldenRepository.WriteDrillsAsync(path + "-drills");
            Assert.True(new FileInfo(path + "-drills").Length < 50_000);
        }
    }
}
