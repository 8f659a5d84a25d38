using K8sBackup.ObjectStore.Local;
using K8sBackup.TestKit;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Processes;
using K8sBackup.TestKit.Time;

namespace K8sBackup.ObjectStore.Tests.Local;

public sealed class LocalObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public LocalObjectStoreTests() => Store = LocalObjectStore.Open(Path.Combine(_directory.Path, "store"));

    protected override IObjectStore Store { get; }

    private string Root => Path.Combine(_directory.Path, "store");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Put_Object_IsReadableByItsOwnerOnly()
    {
        await Store.PutIfAbsentAsync("packs/ab/1", new byte[10], default);
        await Store.CompareAndSwapAsync("state", null, new byte[10], default);

        const UnixFileMode ReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(ReadWrite, File.GetUnixFileMode(Path.Combine(Root, "packs/ab/1")));
        Assert.Equal(ReadWrite, File.GetUnixFileMode(Path.Combine(Root, "state")));
        Assert.Equal(ReadWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(Root, "packs/ab")));
    }

    [Fact]
    public async Task Put_DoneOrRefused_LeavesNoTemporaryFile()
    {
        await Store.PutIfAbsentAsync("a", new byte[10], default);
        await Store.PutIfAbsentAsync("a", new byte[10], default);
        await Store.CompareAndSwapAsync("s", null, new byte[10], default);

        Assert.Empty(Directory.GetFiles(Path.Combine(Root, ".tmp")));
    }

    [Fact]
    public async Task Open_LeftoversOfACrash_AreNeverListedAndRemovedWhenOld()
    {
        string old = Path.Combine(Root, ".tmp", "0000");
        string young = Path.Combine(Root, ".tmp", "1111");
        string held = Path.Combine(Root, ".tmp", "2222");
        File.WriteAllBytes(old, new byte[10]);
        File.WriteAllBytes(young, new byte[10]);
        using FileStream writer = new(held, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        File.SetLastWriteTimeUtc(old, DateTime.UnixEpoch);
        File.SetLastWriteTimeUtc(held, DateTime.UnixEpoch);

        List<ObjectInfo> listed = [];
        await foreach (ObjectInfo info in LocalObjectStore.Open(Root).ListAsync("", default))
        {
            listed.Add(info);
        }

        Assert.Empty(listed);
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(young));
        Assert.True(File.Exists(held));
    }

    /// <summary>What is being written is locked; what has its name is not.</summary>
    [Fact]
    public async Task Get_WhileItIsReplacedAgainAndAgain_IsAlwaysThere()
    {
        ObjectVersion? version = await Store.CompareAndSwapAsync("state", null, new byte[10], default);
        bool isOver = false;
        Task reading = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!Volatile.Read(ref isOver))
            {
                Assert.Equal(10, (await Store.GetAsync("state", 100, default)).Length);
            }
        })));
        for (int i = 0; i < 200 && !reading.IsCompleted; i++)
        {
            version = await Store.CompareAndSwapAsync("state", version, new byte[10], default);
            Assert.NotNull(version);
        }

        Volatile.Write(ref isOver, true);
        await reading;
    }

    [Fact]
    public async Task List_ForeignFilesAndLinks_AreNotObjects()
    {
        File.WriteAllText(Path.Combine(Root, "UPPER"), "x");
        File.WriteAllText(Path.Combine(Root, ".dot"), "x");
        File.CreateSymbolicLink(Path.Combine(Root, "link"), "/etc/hostname");
        Directory.CreateSymbolicLink(Path.Combine(Root, "linked"), "/etc");
        await Store.PutIfAbsentAsync("real", new byte[1], default);

        List<string> listed = [];
        await foreach (ObjectInfo info in Store.ListAsync("", default))
        {
            listed.Add(info.Name);
        }

        Assert.Equal(["real"], listed);
    }

    [Fact]
    public async Task Put_FileInTheWayOfADirectory_IsTypedError()
    {
        await Store.PutIfAbsentAsync("a", new byte[1], default);

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(
            () => Store.PutIfAbsentAsync("a/b", new byte[1], default));

        Assert.True(error.IsPermanent || error.Error == ObjectStoreError.Unavailable);
        Assert.Equal("a/b", error.ObjectName);
    }

    [Fact]
    public async Task Put_DiskFull_IsNoSpaceAndLeavesNothing()
    {
        string mount = Directory.CreateDirectory(Path.Combine(_directory.Path, "mount")).FullName;
        await MountAsync("-t", "tmpfs", "-o", "size=1m", "tmpfs", mount);
        try
        {
            LocalObjectStore store = LocalObjectStore.Open(Path.Combine(mount, "store"));
            await store.PutIfAbsentAsync("fits", new byte[200_000], default);

            ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(
                () => store.PutIfAbsentAsync("too/big", new byte[2_000_000], default));

            Assert.Equal(ObjectStoreError.NoSpace, error.Error);
            Assert.False(error.IsPermanent);
            Assert.Null(await store.HeadAsync("too/big", default));
            Assert.Empty(Directory.GetFiles(Path.Combine(mount, "store", ".tmp")));
            Assert.Equal(PutOutcome.Created, await store.PutIfAbsentAsync("fits-too", new byte[300_000], default));
        }
        finally
        {
            await RunAsync("umount", mount);
        }
    }

    [Fact]
    public async Task Put_ReadOnlyFileSystem_IsPermissionDenied()
    {
        string mount = Directory.CreateDirectory(Path.Combine(_directory.Path, "mount")).FullName;
        await MountAsync("-t", "tmpfs", "-o", "size=1m", "tmpfs", mount);
        try
        {
            LocalObjectStore store = LocalObjectStore.Open(Path.Combine(mount, "store"));
            await RunAsync("mount", "-o", "remount,ro", mount);

            ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(
                () => store.PutIfAbsentAsync("a", new byte[1], default));

            Assert.Equal(ObjectStoreError.PermissionDenied, error.Error);
        }
        finally
        {
            await RunAsync("umount", mount);
        }
    }

    [Fact]
    public async Task Swap_LockHeldByAHungProcess_IsGivenUpInTime()
    {
        ManualTimeProvider clock = new();
        LocalObjectStore store = LocalObjectStore.Open(Root, clock);
        await store.CompareAndSwapAsync("state", null, new byte[1], default);
        await using ChildProcess holder = ChildProcess.Start("flock", [Path.Combine(Root, ".swap-lock"), "sleep", "60"]);
        await WaitUntilHeldAsync();

        Task<ObjectVersion?> swap = store.CompareAndSwapAsync("other", null, new byte[1], default);
        await clock.AdvanceUntilAsync(() => swap.IsCompleted, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => swap);
        Assert.Equal(ObjectStoreError.Unavailable, error.Error);
        Assert.Contains("another process", error.Message, StringComparison.Ordinal);
        Assert.Null(await store.HeadAsync("other", default));
    }

    [Fact]
    public async Task EveryRead_DirectoryThatCannotBeSearched_FailsAndDoesNotSayAbsent()
    {
        // Root reads everything; a link that points to itself cannot be followed by anybody (ELOOP).
        File.CreateSymbolicLink(Path.Combine(Root, "packs"), "packs");

        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.HeadAsync("packs/ab/1", default));
        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.DeleteAsync("packs/ab/1", default));
        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.GetVersionedAsync("packs/ab/1", 10, default));
        await Assert.ThrowsAsync<ObjectStoreException>(async () =>
        {
            await foreach (ObjectInfo info in Store.ListAsync("packs/ab/", default))
            {
                Assert.Fail(info.Name);
            }
        });
    }

    [Fact]
    public async Task OpenForReading_DirectoryOfSomebodyElse_ChangesNothing()
    {
        string other = Directory.CreateDirectory(Path.Combine(_directory.Path, "other")).FullName;
        File.WriteAllText(Path.Combine(other, "config"), "x");

        LocalObjectStore store = LocalObjectStore.OpenForReading(other);

        Assert.Equal("x"u8.ToArray(), await store.GetAsync("config", 10, default));
        Assert.Equal(["config"], await store.NamesAsync(""));
        Assert.Single(Directory.GetFileSystemEntries(other));
    }

    private async Task WaitUntilHeldAsync()
    {
        while ((await ChildProcess.RunAsync("flock", ["--nonblock", Path.Combine(Root, ".swap-lock"), "true"], TimeSpan.FromMinutes(1))).ExitCode == 0)
        {
            await Task.Yield();
        }
    }

    private static Task MountAsync(params string[] arguments) => RunAsync("mount", arguments);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        ProcessResult result = await ChildProcess.RunAsync(program, arguments, TimeSpan.FromMinutes(1));
        Assert.True(result.ExitCode == 0, result.ToString());
    }
}
