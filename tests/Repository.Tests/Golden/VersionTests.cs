using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Golden;

/// <summary>Versions and features are refused by name, and sealed bytes open only as the version they were sealed as (fault 42).</summary>
public sealed class VersionTests
{
    [Theory]
    [InlineData("config", 8, 2, "format version 2")]
    [InlineData("config", 9, 1, "format version 257")]
    [InlineData("keys/", 8, 2, "format version 2")]
    [InlineData("state", 8, 2, "format version 2")]
    [InlineData("packs/", 8, 7, "format version 7")]
    [InlineData("packs/", 10, 4, "features 0x0004")]
    [InlineData("index/", 11, 1, "features 0x0100")]
    [InlineData("snapshots/", 8, 2, "format version 2")]
    [InlineData("restore-points/", 10, 1, "features 0x0001")]
    public async Task Object_NewerOrWithUnknownFeatures_IsRefusedPrecisely(string prefix, int offset, byte value, string expected)
    {
        InMemoryObjectStore store = new();
        using TestRepository repository = await TestRepository.CreateAsync(store);
        await using (var writer = await repository.OpenWriterAsync())
        {
            await TestBackup.BackUpAsync(writer, TestBackup.Files(61));
        }

        string name = (await store.NamesAsync(prefix))[0];
        byte[] content = await store.GetAsync(name, int.MaxValue, default);
        content[offset] = value;
        await store.ReplaceAsync(name, content);

        RepositoryCorruptException error = await FirstProblemAsync(repository, name);

        Assert.Equal(RepositoryDamage.UnsupportedVersion, error.Damage);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Header_KeepsTheVersionItWasReadWith()
    {
        ObjectId id = ObjectId.Create();
        byte[] bytes = new byte[ObjectHeader.Bytes];
        ObjectHeader written = ObjectHeader.Create(ObjectType.Index, 1, id);
        written.WriteTo(bytes);
        ObjectHeader read = ObjectHeader.Read(bytes, ObjectType.Index, id, "index/x");
        byte[] again = new byte[ObjectHeader.Bytes];

        // As a program whose own version is another one would hold it.
        (read with { Version = 9 }).WriteTo(again);

        Assert.Equal(1, read.Version);
        Assert.Equal(9, again[8]);
    }

    [Fact]
    public void Sealed_UnderAnotherVersion_DoesNotOpen()
    {
        using MasterKeys keys = MasterKeys.Create(RepositoryId.Create());
        ObjectHeader header = ObjectHeader.Create(ObjectType.Index, 1, ObjectId.Create());
        byte[] part = new byte[32 + ObjectSealer.TagBytes];
        using (ObjectSealer sealer = ObjectSealer.Create(keys, header, "index/x"))
        {
            sealer.Seal(0, 0, new byte[32], part);
        }

        using ObjectSealer same = ObjectSealer.Create(keys, header, "index/x");
        using ObjectSealer other = ObjectSealer.Create(keys, header with { Version = 2 }, "index/x");
        Assert.False(other.TryOpen(0, 0, part, new byte[32]));
        Assert.True(same.TryOpen(0, 0, part, new byte[32]));
    }

    private static async Task<RepositoryCorruptException> FirstProblemAsync(TestRepository repository, string name)
    {
        try
        {
            var report = await RepositoryCheck.RunAsync(repository.Store, repository.Keys);
            var problem = report.Problems.Single(p => p.ObjectName == name);
            return new RepositoryCorruptException(problem.Damage, problem.ObjectName, problem.Detail);
        }
        catch (RepositoryCorruptException e)
        {
            return e;
        }
    }
}
