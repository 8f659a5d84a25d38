using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Damage;

/// <summary>
/// A repository with at least two objects of every kind there is, and two backups that share no data: A, whose objects are damaged, and B,
/// which nothing that happens to A may touch. Data keys: 1 for A, 2 for B, 3 not used yet.
/// </summary>
internal sealed class FullRepository : IDisposable
{
    private readonly KeyFile _keyFile = KeyFile.Generate();
    private readonly RecoveryPrivateKey _recovery = RecoveryPrivateKey.Generate();
    private readonly RecoveryPrivateKey _second = RecoveryPrivateKey.Generate();

    private FullRepository()
    {
    }

    public static IReadOnlyDictionary<string, byte[]> FilesOfA => TestBackup.Files(201, count: 16, bytesMax: 40_000);

    public static IReadOnlyDictionary<string, byte[]> FilesOfB => TestBackup.Files(202, count: 16, bytesMax: 40_000);

    public InMemoryObjectStore Store { get; } = new();

    public MasterKeys Keys { get; private set; } = null!;

    public SnapshotManifest A { get; private set; } = null!;

    public RestorePointManifest PointA { get; private set; } = null!;

    public SnapshotManifest B { get; private set; } = null!;

    public RestorePointManifest PointB { get; private set; } = null!;

    /// <summary>The three credentials; no passphrase, whose derivation takes long.</summary>
    public IReadOnlyList<SlotCredential> Credentials => [_keyFile, _recovery, _second];

    public static async Task<FullRepository> CreateAsync()
    {
        FullRepository full = new();
        NewSlot[] slots = [new(full._keyFile, "key"), new(full._recovery.PublicKey, "recovery"), new(full._second.PublicKey, "second")];
        full.Keys = await RepositoryInitializer.CreateAsync(full.Store, slots, TimeProvider.System, default);
        (full.A, full.PointA) = await full.BackUpAsync(FilesOfA, TestBackup.Source);
        await full.RotateAsync();
        (full.B, full.PointB) = await full.BackUpAsync(FilesOfB, TestBackup.Source with { Name = "other" });
        await full.RotateAsync();
        await full.AddRecordsAsync();
        return full;
    }

    public Task<CheckReport> CheckAsync(bool record = false) => RepositoryChecker.RunAsync(
        Store, Keys, new CheckOptions { ReadDataPercent = 100, RecordCoverage = record }, TimeProvider.System, null, default);

    public async Task<(SnapshotManifest Snapshot, RestorePointManifest Point)> BackUpAsync(
        IReadOnlyDictionary<string, byte[]> files, SourceKey source)
    {
        RepositoryWriterOptions options = new() { PackTargetBytes = RepositoryWriterOptions.PackTargetBytesMin };
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(Store, Keys, options, TimeProvider.System, default);
        return await TestBackup.BackUpAsync(writer, files, source);
    }

    /// <summary>The packs A's files begin in, in order of the files, the first one with more than one frame of data.</summary>
    public async Task<IReadOnlyList<string>> PacksOfAAsync()
    {
        using OpenRepository repository = await OpenRepository.OpenAsync(Store, Keys, default);
        return
        [
            .. FilesOfA.OrderBy(f => f.Key, StringComparer.Ordinal)
                .Select(f => repository.Locate(ChunkId.Of(f.Value.AsSpan(0, Math.Min(10_000, f.Value.Length)))))
                .Select(l => ObjectNames.Pack(repository.Index.Frame(l.Frame).Header.Id))
                .Distinct(),
        ];
    }

    /// <summary>Where a pack's directory begins.</summary>
    public async Task<int> DirectoryOffsetAsync(string pack)
    {
        byte[] content = await Store.GetAsync(pack, int.MaxValue, default);
        return System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(content.Length - PackFooter.Bytes + 8));
    }

    public void Dispose()
    {
        Keys.Dispose();
        _keyFile.Dispose();
        _recovery.Dispose();
        _second.Dispose();
    }

    private async Task RotateAsync()
    {
        await new DataKeyRotation(Store, TimeProvider.System).RunAsync(Credentials, [], default);
        Keys.Dispose();
        Keys = await new KeySlots(Store, TimeProvider.System).UnlockAsync(_keyFile, default);
    }

    private async Task AddRecordsAsync()
    {
        await CheckAsync(record: true);
        await CheckAsync(record: true);
        foreach ((SnapshotManifest snapshot, RestorePointManifest point) in new[] { (A, PointA), (B, PointB) })
        {
            RestorePointPin pin = new(point.Id, TimeProvider.System.GetUtcNow(), "somebody", "lawsuit");
            Assert.True(await PinStore.WriteAsync(Store, Keys, pin, default));
            SnapshotLoss loss = new() { Snapshot = snapshot.Id, FoundAt = TimeProvider.System.GetUtcNow(), Objects = ["packs/x"], Paths = [], PathCount = 0 };
            await LossStore.WriteAsync(Store, Keys, loss, TimeProvider.System, default);
            await DrillStore.WriteAsync(Store, Keys, SampleDrill.Of(snapshot, point, TimeProvider.System), default);
            Tombstone tombstone = new()
            {
                Id = ObjectId.Create(),
                Generation = 1,
                CreatedAt = TimeProvider.System.GetUtcNow(),
                Snapshots = 2,
                MarkedDigest = new byte[32],
                Packs = [new CondemnedPack(ObjectId.Create(), 1)],
            };
            await TombstoneStore.WriteAsync(Store, Keys, tombstone, default);
        }

        Assert.Empty((await CheckAsync()).Problems);
    }
}
