using System.Text.Json;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.Local;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Cli.Tests.Commands;

/// <summary>A repository in a directory, made by <c>init</c>, with two backups that share nothing, and the commands run in this process.</summary>
internal sealed class StoreWorld : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static IReadOnlyDictionary<string, byte[]> Files => TestBackup.Files(301, count: 12, bytesMax: 40_000);

    public static IReadOnlyDictionary<string, byte[]> OtherFiles => TestBackup.Files(302, count: 4, bytesMax: 40_000);

    public string Folder => _directory.Path;

    public string Store => Path.Combine(Folder, "store");

    public string Copy => Path.Combine(Folder, "copy");

    public string KeyFile => Path.Combine(Folder, "state", "repository.key");

    public string WrongKeyFile => Path.Combine(Folder, "wrong.key");

    public string PassphraseFile => Path.Combine(Folder, "passphrase.txt");

    public string[] Opened => ["--store", Store, "--key-file", KeyFile];

    public static async Task<StoreWorld> CreateAsync()
    {
        StoreWorld world = new();
        await File.WriteAllTextAsync(world.PassphraseFile, "a passphrase of a test\n");
        CliRun run = await RunAsync(
            "init", "--cluster", "test", "--state", Path.Combine(world.Folder, "state"), "--store", world.Store, "--listen", "127.0.0.1:7443",
            "--operator-dir", Path.Combine(world.Folder, "operator"), "--recovery-passphrase-file", world.PassphraseFile);
        Assert.True(run.Code == ExitCodes.Ok, run.Error);
        using (KeyFile wrong = Repository.Keys.KeyFile.Generate())
        {
            wrong.WriteNew(world.WrongKeyFile);
        }

        await world.BackUpAsync(OtherFiles, "other");
        await world.BackUpAsync(Files, "data");
        return world;
    }

    /// <summary>Backs files up as source <c>volume/NAME</c>.</summary>
    public async Task<RestorePointManifest> BackUpAsync(IReadOnlyDictionary<string, byte[]> files, string name)
    {
        LocalObjectStore store = LocalObjectStore.Open(Store);
        using KeyFile key = Repository.Keys.KeyFile.Read(KeyFile);
        using MasterKeys keys = await new KeySlots(store, TimeProvider.System).UnlockAsync(key, default);
        RepositoryWriterOptions options = new() { PackTargetBytes = RepositoryWriterOptions.PackTargetBytesMin };
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(store, keys, options, TimeProvider.System, default);
        return (await TestBackup.BackUpAsync(writer, files, TestBackup.Source with { Name = name })).RestorePoint;
    }

    public async Task AssertSoundAsync(string? directory = null)
    {
        LocalObjectStore store = LocalObjectStore.Open(directory ?? Store);
        using KeyFile key = Repository.Keys.KeyFile.Read(KeyFile);
        using MasterKeys keys = await new KeySlots(store, TimeProvider.System).UnlockAsync(key, default);
        await RepositoryCheck.AssertSoundAsync(store, keys);
    }

    /// <summary>Restores with <c>rescue files</c> and compares.</summary>
    public async Task AssertRestoresAsync(RestorePointManifest point, IReadOnlyDictionary<string, byte[]> files, string? directory = null)
    {
        (CliRun run, string target) = await RestoreAsync(point, directory);
        Assert.True(run.Code == ExitCodes.Ok, run.Out + run.Error);
        Assert.Equal(files.Count, Directory.GetFiles(target, "*", SearchOption.AllDirectories).Length);
        Assert.All(files, f => Assert.True(f.Value.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(target, f.Key))), f.Key));
    }

    public async Task<(CliRun Run, string Target)> RestoreAsync(RestorePointManifest point, string? directory = null)
    {
        string target = Path.Combine(Folder, "restored-" + Guid.NewGuid());
        string source = $"volume/{point.Sources[0].Source.Name}";
        return (await RunAsync("rescue", "files", point.Id.ToString(), source, "--store", directory ?? Store, "--key-file", KeyFile, "--target", target), target);
    }

    /// <summary>Every object with its content, to see that nothing changed.</summary>
    public IReadOnlyDictionary<string, string> Objects(string? directory = null) => Directory
        .GetFiles(directory ?? Store, "*", SearchOption.AllDirectories)
        .Where(f => Path.GetFileName(f)[0] != '.')
        .ToDictionary(f => Path.GetRelativePath(directory ?? Store, f), f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))));

    /// <summary>Files of one kind of object, by size, largest first.</summary>
    public string[] FilesOf(string kind) =>
        [.. new DirectoryInfo(Path.Combine(Store, kind)).EnumerateFiles("*", SearchOption.AllDirectories).OrderByDescending(f => f.Length).Select(f => f.FullName)];

    public static void Flip(string file, int offset)
    {
        byte[] content = File.ReadAllBytes(file);
        content[offset] ^= 1;
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllBytes(file, content);
    }

    public static async Task<JsonElement> DocumentAsync(int code, params string[] arguments)
    {
        CliRun run = await RunAsync([.. arguments, "--output", "json"]);
        Assert.True(run.Code == code, $"{run.Code}: {run.Out}{run.Error}");
        return JsonDocument.Parse(run.Out).RootElement;
    }

    public static async Task<CliRun> RunAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        CliContext context = new()
        {
            Out = output,
            Error = error,
            In = TextReader.Null,
            ReadSecret = () => null,
            OpenBinaryOut = () => Stream.Null,
            Variable = _ => null,
        };
        int code = await CommandLine.RunAsync(arguments, context, CancellationToken.None);
        return new CliRun(code, output.ToString(), error.ToString(), []);
    }

    public void Dispose() => _directory.Dispose();
}
