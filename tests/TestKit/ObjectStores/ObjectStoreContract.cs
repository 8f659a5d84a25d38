using K8sBackup.ObjectStore;

namespace K8sBackup.TestKit.ObjectStores;

/// <summary>What every store must do. Derive a test class per implementation.</summary>
public abstract class ObjectStoreContract
{
    private const int Any = int.MaxValue;

    /// <summary>An empty store of the implementation under test.</summary>
    protected abstract IObjectStore Store { get; }

    [Fact]
    public async Task Put_NewName_IsReadBackWhole()
    {
        byte[] content = Content(100_000);

        Assert.Equal(PutOutcome.Created, await Store.PutIfAbsentAsync("packs/ab/0123", content, default));

        Assert.Equal(content, await Store.GetAsync("packs/ab/0123", Any, default));
        Assert.Equal(content.Length, (await Store.HeadAsync("packs/ab/0123", default))?.Length);
    }

    [Fact]
    public async Task Put_TakenName_ReportsItAndKeepsTheFirstContent()
    {
        await Store.PutIfAbsentAsync("a/b", "first"u8.ToArray(), default);

        Assert.Equal(PutOutcome.AlreadyExists, await Store.PutIfAbsentAsync("a/b", "second"u8.ToArray(), default));

        Assert.Equal("first"u8.ToArray(), await Store.GetAsync("a/b", Any, default));
    }

    [Fact]
    public async Task Put_ManyWritersOfOneName_ExactlyOneCreates()
    {
        Task<PutOutcome>[] writers = [.. Enumerable.Range(0, 16).Select(i => Store.PutIfAbsentAsync("race", Content(1000 + i), default))];
        PutOutcome[] outcomes = await Task.WhenAll(writers);

        int winner = Array.IndexOf(outcomes, PutOutcome.Created);
        Assert.Single(outcomes, PutOutcome.Created);
        Assert.Equal(Content(1000 + winner), await Store.GetAsync("race", Any, default));
    }

    [Fact]
    public async Task Put_EmptyContent_IsAnObject()
    {
        await Store.PutIfAbsentAsync("empty", ReadOnlyMemory<byte>.Empty, default);

        Assert.Empty(await Store.GetAsync("empty", 0, default));
        await Store.GetRangeAsync("empty", 0, Memory<byte>.Empty, default);
        Assert.Equal(0, (await Store.HeadAsync("empty", default))?.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("./a")]
    [InlineData(".tmp/a")]
    [InlineData("a/.hidden")]
    [InlineData("Upper")]
    [InlineData("sp ace")]
    [InlineData("back\\slash")]
    [InlineData("nul\0")]
    [InlineData("é")]
    [InlineData("line\n")]
    public async Task EveryOperation_InvalidName_IsRefused(string name)
    {
        Func<Task>[] operations =
        [
            () => Store.PutIfAbsentAsync(name, new byte[1], default),
            () => Store.GetAsync(name, Any, default),
            () => Store.GetRangeAsync(name, 0, new byte[1], default),
            () => Store.HeadAsync(name, default),
            () => Store.DeleteAsync(name, default),
            () => Store.GetVersionedAsync(name, Any, default),
            () => Store.CompareAndSwapAsync(name, null, new byte[1], default),
        ];
        foreach (Func<Task> operation in operations)
        {
            Assert.Equal(ObjectStoreError.InvalidName, (await Assert.ThrowsAsync<ObjectStoreException>(operation)).Error);
        }
    }

    [Fact]
    public async Task EveryName_LongerThanTheLimits_IsRefused()
    {
        string[] names = [new('a', ObjectName.ComponentLengthMax + 1), string.Join('/', Enumerable.Repeat("abc", 200))];
        foreach (string name in names)
        {
            ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => Store.HeadAsync(name, default));
            Assert.Equal(ObjectStoreError.InvalidName, error.Error);
        }
    }

    [Fact]
    public async Task Get_Missing_IsNotFound()
    {
        await Store.PutIfAbsentAsync("a/b", new byte[1], default);
        foreach (string name in (string[])["nothing", "a", "a/c", "a/b2"])
        {
            await AssertFailsAsync(ObjectStoreError.NotFound, () => Store.GetAsync(name, Any, default));
            await AssertFailsAsync(ObjectStoreError.NotFound, () => Store.GetRangeAsync(name, 0, new byte[1], default));
            await AssertFailsAsync(ObjectStoreError.NotFound, () => Store.GetRangeAsync(name, 0, Memory<byte>.Empty, default));
            Assert.Null(await Store.HeadAsync(name, default));
            Assert.Null(await Store.GetVersionedAsync(name, Any, default));
        }
    }

    [Fact]
    public async Task Get_LargerThanAccepted_IsTooLarge()
    {
        await Store.PutIfAbsentAsync("big", Content(1001), default);

        await AssertFailsAsync(ObjectStoreError.TooLarge, () => Store.GetAsync("big", 1000, default));
        await AssertFailsAsync(ObjectStoreError.TooLarge, () => Store.GetVersionedAsync("big", 1000, default));
        Assert.Equal(1001, (await Store.GetAsync("big", 1001, default)).Length);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(990, 10)]
    [InlineData(500, 0)]
    [InlineData(0, 1000)]
    public async Task GetRange_Inside_FillsTheDestination(long offset, int length)
    {
        byte[] content = Content(1000);
        await Store.PutIfAbsentAsync("ranged", content, default);
        byte[] destination = new byte[length];

        await Store.GetRangeAsync("ranged", offset, destination, default);

        Assert.Equal(content[(int)offset..((int)offset + length)], destination);
    }

    [Theory]
    [InlineData(991, 10)]
    [InlineData(1000, 1)]
    [InlineData(long.MaxValue - 5, 5)]
    public async Task GetRange_PastTheEnd_IsTruncated(long offset, int length)
    {
        await Store.PutIfAbsentAsync("ranged", Content(1000), default);

        await AssertFailsAsync(ObjectStoreError.Truncated, () => Store.GetRangeAsync("ranged", offset, new byte[length], default));
    }

    [Fact]
    public async Task List_Prefixes_AreOrderedAndComplete()
    {
        string[] names = ["a", "a-b/c", "a0", "b/a", "b/b/c", "b/b-c", "b/b0", "packs/00/1", "packs/ff/2"];
        foreach (string name in names.Reverse())
        {
            await Store.PutIfAbsentAsync(name, Content(name.Length), default);
        }

        foreach (string prefix in (string[])["", "a", "b", "b/", "b/b", "b/b/", "packs/0", "packs/ff/2", "zz", "b/b/c/"])
        {
            string[] expected = [.. names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
            List<ObjectInfo> listed = await ListAsync(prefix);
            Assert.Equal(expected, listed.Select(o => o.Name));
            Assert.All(listed, o => Assert.Equal(o.Name.Length, o.Length));
        }
    }

    [Fact]
    public async Task List_MoreThanOnePage_ShowsEveryObjectOnce()
    {
        string[] names = [.. Enumerable.Range(0, 2345).Select(i => $"many/{i % 7}/{i:d5}")];
        foreach (string name in names)
        {
            await Store.PutIfAbsentAsync(name, ReadOnlyMemory<byte>.Empty, default);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), (await ListAsync("many/")).Select(o => o.Name));
    }

    [Fact]
    public async Task Delete_Object_IsGoneAndMayBeCreatedAgain()
    {
        await Store.PutIfAbsentAsync("d/e", Content(5), default);

        await Store.DeleteAsync("d/e", default);
        await Store.DeleteAsync("d/e", default);
        await Store.DeleteAsync("never/was", default);

        Assert.Null(await Store.HeadAsync("d/e", default));
        Assert.Empty(await ListAsync(""));
        Assert.Equal(PutOutcome.Created, await Store.PutIfAbsentAsync("d/e", Content(6), default));
    }

    [Fact]
    public async Task CompareAndSwap_ExpectedVersion_Replaces()
    {
        ObjectVersion? first = await Store.CompareAndSwapAsync("state", null, "one"u8.ToArray(), default);
        ObjectVersion? second = await Store.CompareAndSwapAsync("state", first, "two"u8.ToArray(), default);

        Assert.NotNull(first);
        Assert.NotNull(second);
        VersionedObject? found = await Store.GetVersionedAsync("state", Any, default);
        Assert.Equal("two"u8.ToArray(), found?.Content);
        Assert.Equal(second, found?.Version);
    }

    [Fact]
    public async Task CompareAndSwap_OtherVersion_ChangesNothing()
    {
        ObjectVersion? first = await Store.CompareAndSwapAsync("state", null, "one"u8.ToArray(), default);
        await Store.CompareAndSwapAsync("state", first, "two"u8.ToArray(), default);

        Assert.Null(await Store.CompareAndSwapAsync("state", first, "three"u8.ToArray(), default));
        Assert.Null(await Store.CompareAndSwapAsync("state", null, "three"u8.ToArray(), default));
        Assert.Null(await Store.CompareAndSwapAsync("other", first, "three"u8.ToArray(), default));

        Assert.Equal("two"u8.ToArray(), await Store.GetAsync("state", Any, default));
        Assert.Null(await Store.HeadAsync("other", default));
    }

    [Fact]
    public async Task CompareAndSwap_ManyAtOnce_CountsEverySuccessOnce()
    {
        async Task<int> IncrementAsync()
        {
            int successes = 0;
            for (int i = 0; i < 10; i++)
            {
                VersionedObject? current = await Store.GetVersionedAsync("counter", Any, default);
                byte[] next = BitConverter.GetBytes((current is null ? 0 : BitConverter.ToInt32(current.Content)) + 1);
                successes += await Store.CompareAndSwapAsync("counter", current?.Version, next, default) is null ? 0 : 1;
            }

            return successes;
        }

        int[] successes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(IncrementAsync)));

        Assert.Equal(successes.Sum(), BitConverter.ToInt32(await Store.GetAsync("counter", Any, default)));
    }

    [Fact]
    public async Task EveryOperation_CancelledToken_DoesNotTouchTheStore()
    {
        CancellationToken cancelled = new(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PutIfAbsentAsync("c", new byte[1], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CompareAndSwapAsync("c", null, new byte[1], cancelled));

        Assert.Empty(await ListAsync(""));
    }

    private static byte[] Content(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    private static async Task AssertFailsAsync(ObjectStoreError expected, Func<Task> operation) =>
        Assert.Equal(expected, (await Assert.ThrowsAsync<ObjectStoreException>(operation)).Error);

    private async Task<List<ObjectInfo>> ListAsync(string prefix)
    {
        List<ObjectInfo> listed = [];
        await foreach (ObjectInfo info in Store.ListAsync(prefix, default))
        {
            listed.Add(info);
        }

        return listed;
    }
}
