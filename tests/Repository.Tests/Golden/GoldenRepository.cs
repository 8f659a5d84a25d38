using System.Reflection;
using System.Text;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Golden;

/// <summary>
/// A repository as a released format wrote it, kept as text: a line for each object, its name and its bytes in base 64. What is in it
/// follows from seeds; the bytes do not (keys, salts and names are random), so the file is made once for each format version and then
/// never again: readers must go on reading it. With K8SBACKUP_WRITE_GOLDEN naming a file, <see cref="WriteAsync"/> makes one; version-1
/// has data, manifests and keys, version-1-records a small backup and every kind of record beside them, version-1-drills the evidence
/// of drills (see docs/testing.md).
/// </summary>
internal static class GoldenRepository
{
    private static readonly DateTimeOffset s_time = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public const string PassphraseText = "golden passphrase of version 1";

    public static IReadOnlyDictionary<string, byte[]> FirstFiles => TestBackup.Files(101, count: 4, bytesMax: 6_000);

    public static IReadOnlyDictionary<string, byte[]> SecondFiles => TestBackup.Files(102, count: 4, bytesMax: 6_000);

    /// <summary>The objects, and the text of the key file and the recovery key.</summary>
    public static async Task<(InMemoryObjectStore Store, string KeyFile, string RecoveryKey)> ReadAsync(string version)
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{version}.txt")
            ?? throw new FileNotFoundException($"There is no golden repository {version}.");
        using StreamReader reader = new(resource);
        InMemoryObjectStore store = new();
        string keyFile = (await reader.ReadLineAsync())!;
        string recovery = (await reader.ReadLineAsync())!;
        while (await reader.ReadLineAsync() is { } line)
        {
            string[] parts = line.Split(' ');
            await store.PutIfAbsentAsync(parts[0], Convert.FromBase64String(parts[1]), default);
        }

        return (store, keyFile, recovery);
    }

    /// <summary>What <see cref="WriteRecordsAsync"/> backs up.</summary>
    public static IReadOnlyDictionary<string, byte[]> FewFiles => TestBackup.Files(103, count: 1, bytesMax: 500);

    /// <summary>One small backup, a mark of a data key, a pin, a loss record, a tombstone, what was read when.</summary>
    public static async Task WriteRecordsAsync(string path)
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await new DataKeyRotation(repository.Store, TimeProvider.System).RunAsync(
            [repository.KeyFile, repository.Recovery.PublicKey], [], default);
        using MasterKeys keys = await new KeySlots(repository.Store, TimeProvider.System).UnlockAsync(repository.KeyFile, default);
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(
            repository.Store, keys, new RepositoryWriterOptions { Holder = "golden" }, TimeProvider.System, default);
        (SnapshotManifest snapshot, RestorePointManifest point) = await TestBackup.BackUpAsync(writer, FewFiles);
        await PinStore.WriteAsync(repository.Store, keys, new RestorePointPin(point.Id, s_time, "somebody", "golden"), default);
        SnapshotLoss loss = new() { Snapshot = snapshot.Id, FoundAt = s_time, Objects = ["packs/x"], Paths = ["dir/file"], PathCount = 1 };
        await LossStore.WriteAsync(repository.Store, keys, loss, TimeProvider.System, default);
        Tombstone tombstone = new()
        {
            Id = ObjectId.Create(),
            Generation = 7,
            CreatedAt = s_time,
            Snapshots = 1,
            MarkedDigest = new byte[32],
            Packs = [new CondemnedPack(ObjectId.Create(), 4711)],
        };
        await TombstoneStore.WriteAsync(repository.Store, keys, tombstone, default);
        CheckOptions reading = new() { ReadDataPercent = 100, RecordCoverage = true };
        await RepositoryChecker.RunAsync(repository.Store, keys, reading, TimeProvider.System, null, default);
        await SaveAsync(repository, path);
    }

    /// <summary>One small backup, and what drills of it showed: one of etcd that passed, then one of files that failed.</summary>
    public static async Task WriteDrillsAsync(string path)
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        (SnapshotManifest snapshot, RestorePointManifest point) = await TestBackup.BackUpAsync(writer, FewFiles);
        DrillRecord files = SampleDrill.Of(snapshot, point, TimeProvider.System, DrillVerdict.Failed);
        await writer.RecordDrillAsync(files with { Id = DrillId.Create(TimeProvider.System), Verdict = DrillVerdict.Passed, Reason = "", Files = null, Etcd = EtcdDrill }, default);
        await writer.RecordDrillAsync(files with { Id = DrillId.Create(TimeProvider.System) }, default);
        await SaveAsync(repository, path);
    }

    /// <summary>The evidence in <see cref="WriteDrillsAsync"/>.</summary>
    public static EtcdDrill EtcdDrill { get; } = new()
    {
        Revision = 4711,
        HashKv = 0xcafe4711,
        Keys = 42,
        KeysRead = 7,
        DatabaseBytes = 1 << 20,
        ServerVersion = "3.4.23",
        BinaryOrigin = "running etcd, process 17",
        NotIsolatedBecause = "unshare: not permitted",
        Downloading = TimeSpan.FromSeconds(3),
        Building = TimeSpan.FromMilliseconds(250),
        Starting = TimeSpan.FromSeconds(1),
        Proving = TimeSpan.FromSeconds(2),
    };

    /// <summary>Two backups, a rotation of the data key between them, all kinds of slots.</summary>
    public static async Task WriteAsync(string path)
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        KeySlots slots = new(repository.Store, TimeProvider.System);
        using Passphrase passphrase = Passphrase.From(PassphraseText);
        await slots.AddAsync(repository.Keys, new NewSlot(passphrase, "printed"), default);
        await BackUpAsync(repository.Store, repository.Keys, FirstFiles);
        await new DataKeyRotation(repository.Store, TimeProvider.System).RunAsync(
            [repository.KeyFile, passphrase, repository.Recovery.PublicKey], [], default);
        using (MasterKeys keys = await slots.UnlockAsync(repository.KeyFile, default))
        {
            await BackUpAsync(repository.Store, keys, SecondFiles);
        }

        await SaveAsync(repository, path);
    }

    private static async Task SaveAsync(TestRepository repository, string path)
    {
        StringBuilder text = new();
        text.Append(repository.KeyFile.Export()).Append('\n').Append(repository.Recovery.Export()).Append('\n');
        await foreach (ObjectInfo info in repository.Store.ListAsync("", default))
        {
            byte[] content = await repository.Store.GetAsync(info.Name, int.MaxValue, default);
            text.Append(info.Name).Append(' ').Append(Convert.ToBase64String(content)).Append('\n');
        }

        await File.WriteAllTextAsync(path, text.ToString());
    }

    private static async Task BackUpAsync(IObjectStore store, MasterKeys keys, IReadOnlyDictionary<string, byte[]> files)
    {
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(
            store, keys, new RepositoryWriterOptions { Holder = "golden" }, TimeProvider.System, default);
        await TestBackup.BackUpAsync(writer, files);
    }
}
