using System.Reflection;
using System.Text;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Golden;

/// <summary>
/// A repository as a released format wrote it, kept as text: a line for each object, its name and its bytes in base 64. What is in it
/// follows from seeds; the bytes do not (keys, salts and names are random), so the file is made once for each format version and then
/// never again: readers must go on reading it. With K8SBACKUP_WRITE_GOLDEN naming a file, <see cref="WriteAsync"/> makes one.
/// </summary>
internal static class GoldenRepository
{
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
