namespace K8sBackup.ObjectStore.Contract;

/// <summary>What reading and listing must do.</summary>
internal static class ReadChecks
{
    private const int Any = int.MaxValue;

    // More than two pages of any store's listing.
    private const int ManyObjects = 2345;
    private const int WritesAtOnce = 16;

    public static IEnumerable<ContractCheck> All =>
    [
        new("get-missing", "What is not there is reported as such, also beside names that begin the same.", MissingAsync),
        new("get-too-large", "An object larger than the caller accepts is refused.", TooLargeAsync),
        new("range", "A range fills what the caller gave, and nothing of it when it is empty.", RangeAsync),
        new("range-past-end", "A range that ends after the object is refused.", RangePastEndAsync),
        new("list", "A listing shows every object below a prefix, in order of the names.", ListAsync),
        new("list-pages", "A listing of several pages shows every object once.", ListPagesAsync),
        new("names", "Names outside the allowed form are refused by every operation.", NamesAsync),
        new("names-long", "Names longer than the limits are refused, and one as long as they allow is not.", LongNamesAsync),
    ];

    private static async Task MissingAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        await store.PutIfAbsentAsync("a/b", new byte[1], cancellationToken);
        foreach (string name in (string[])["nothing", "a", "a/c", "a/b2"])
        {
            await Expect.FailsAsync(ObjectStoreError.NotFound, () => store.GetAsync(name, Any, cancellationToken), $"reading '{name}'");
            await Expect.FailsAsync(ObjectStoreError.NotFound, () => store.GetRangeAsync(name, 0, new byte[1], cancellationToken), $"a range of '{name}'");
            await Expect.FailsAsync(ObjectStoreError.NotFound, () => store.GetRangeAsync(name, 0, Memory<byte>.Empty, cancellationToken), $"an empty range of '{name}'");
            Expect.True(await store.HeadAsync(name, cancellationToken) is null, $"'{name}' is said to be there");
            Expect.True(await store.GetVersionedAsync(name, Any, cancellationToken) is null, $"'{name}' is said to have a version");
        }
    }

    private static async Task TooLargeAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        await store.PutIfAbsentAsync("big", Expect.Content(1001), cancellationToken);
        await Expect.FailsAsync(ObjectStoreError.TooLarge, () => store.GetAsync("big", 1000, cancellationToken), "reading it");
        await Expect.FailsAsync(ObjectStoreError.TooLarge, () => store.GetVersionedAsync("big", 1000, cancellationToken), "reading it with its version");
        Expect.Same(1001, (await store.GetAsync("big", 1001, cancellationToken)).Length, "reading it with enough room");
    }

    private static async Task RangeAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        byte[] content = Expect.Content(1000);
        await store.PutIfAbsentAsync("ranged", content, cancellationToken);
        foreach ((int offset, int length) in ((int, int)[])[(0, 10), (990, 10), (500, 0), (0, 1000), (1, 1)])
        {
            byte[] destination = new byte[length];
            await store.GetRangeAsync("ranged", offset, destination, cancellationToken);
            Expect.Bytes(content.AsMemory(offset, length), destination, $"{length} bytes at {offset}");
        }
    }

    private static async Task RangePastEndAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        await store.PutIfAbsentAsync("ranged", Expect.Content(1000), cancellationToken);
        foreach ((long offset, int length) in ((long, int)[])[(991, 10), (1000, 1), (long.MaxValue - 5, 5)])
        {
            await Expect.FailsAsync(
                ObjectStoreError.Truncated, () => store.GetRangeAsync("ranged", offset, new byte[length], cancellationToken), $"{length} bytes at {offset} of 1000");
        }
    }

    private static async Task ListAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        string[] names = ["a", "a-b/c", "a0", "b/a", "b/b/c", "b/b-c", "b/b0", "packs/00/1", "packs/ff/2"];
        foreach (string name in names.Reverse())
        {
            await store.PutIfAbsentAsync(name, Expect.Content(name.Length), cancellationToken);
        }

        foreach (string prefix in (string[])["", "a", "b", "b/", "b/b", "b/b/", "packs/0", "packs/ff/2", "zz", "b/b/c/"])
        {
            string expected = string.Join(' ', names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal));
            List<ObjectInfo> listed = await Expect.ListAsync(store, prefix, cancellationToken);
            Expect.Same(expected, string.Join(' ', listed.Select(o => o.Name)), $"objects below '{prefix}'");
            Expect.True(listed.TrueForAll(o => o.Length == o.Name.Length), $"a length below '{prefix}' is wrong");
        }
    }

    private static async Task ListPagesAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        string[] names = [.. Enumerable.Range(0, ManyObjects).Select(i => $"many/{i % 7}/{i:d5}")];
        ParallelOptions several = new() { MaxDegreeOfParallelism = WritesAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(names, several, async (name, token) => await store.PutIfAbsentAsync(name, ReadOnlyMemory<byte>.Empty, token));
        List<ObjectInfo> listed = await Expect.ListAsync(store, "many/", cancellationToken);
        Expect.Same(ManyObjects, listed.Count, "objects listed");
        Expect.True(listed.Select(o => o.Name).SequenceEqual(names.Order(StringComparer.Ordinal)), "the names listed are other ones, or not in order");
    }

    private static async Task NamesAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        string[] names =
        [
            "", "/", "/etc/passwd", "../outside", "a/../../outside", "a//b", "a/", "./a", ".tmp/a", "a/.hidden", "Upper", "sp ace", "back\\slash",
            "nul\0", "\u00e9", "line\n",
        ];
        foreach (string name in names)
        {
            await RefusedAsync(store, name, cancellationToken);
        }
    }

    private static async Task LongNamesAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        await RefusedAsync(store, new string('a', ObjectName.ComponentLengthMax + 1), cancellationToken);
        await RefusedAsync(store, string.Join('/', Enumerable.Repeat("abc", 200)), cancellationToken);
        string longest = new('a', ObjectName.ComponentLengthMax);
        await store.PutIfAbsentAsync(longest, new byte[1], cancellationToken);
        Expect.Same(1, (await store.GetAsync(longest, Any, cancellationToken)).Length, "the object with the longest component");
    }

    private static async Task RefusedAsync(IObjectStore store, string name, CancellationToken cancellationToken)
    {
        Func<Task>[] calls =
        [
            () => store.PutIfAbsentAsync(name, new byte[1], cancellationToken),
            () => store.GetAsync(name, Any, cancellationToken),
            () => store.GetRangeAsync(name, 0, new byte[1], cancellationToken),
            () => store.HeadAsync(name, cancellationToken),
            () => store.DeleteAsync(name, cancellationToken),
            () => store.GetVersionedAsync(name, Any, cancellationToken),
            () => store.CompareAndSwapAsync(name, null, new byte[1], cancellationToken),
        ];
        foreach (Func<Task> call in calls)
        {
            await Expect.FailsAsync(ObjectStoreError.InvalidName, call, "a name that is not allowed");
        }
    }
}
