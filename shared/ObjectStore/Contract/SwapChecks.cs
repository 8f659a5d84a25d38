namespace K8sBackup.ObjectStore.Contract;

/// <summary>What replacing the one object that changes must do.</summary>
internal static class SwapChecks
{
    private const int Any = int.MaxValue;
    private const int Workers = 8;
    private const int RoundsEach = 10;

    public static IEnumerable<ContractCheck> All =>
    [
        new("swap", "An object is replaced when it has the version expected.", SwapAsync),
        new("swap-other", "An object with another version, or none, is left alone.", SwapOtherAsync),
        new("swap-race", "Of many who replace the same version one succeeds.", SwapRaceAsync),
    ];

    private static async Task SwapAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        ObjectVersion? first = await store.CompareAndSwapAsync("state", null, "one"u8.ToArray(), cancellationToken);
        ObjectVersion? second = await store.CompareAndSwapAsync("state", first, "two"u8.ToArray(), cancellationToken);
        Expect.True(first is not null && second is not null && first != second, $"versions are '{first}' and '{second}'");
        VersionedObject? found = await store.GetVersionedAsync("state", Any, cancellationToken);
        Expect.Bytes("two"u8.ToArray(), found?.Content, "the new content");
        Expect.Same(second, found?.Version, "its version");
    }

    private static async Task SwapOtherAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        ObjectVersion? first = await store.CompareAndSwapAsync("state", null, "one"u8.ToArray(), cancellationToken);
        await store.CompareAndSwapAsync("state", first, "two"u8.ToArray(), cancellationToken);
        Expect.True(await store.CompareAndSwapAsync("state", first, "three"u8.ToArray(), cancellationToken) is null, "an old version was replaced");
        Expect.True(await store.CompareAndSwapAsync("state", null, "three"u8.ToArray(), cancellationToken) is null, "an object expected not to exist was replaced");
        Expect.True(await store.CompareAndSwapAsync("other", first, "three"u8.ToArray(), cancellationToken) is null, "an object that does not exist was replaced");
        Expect.Bytes("two"u8.ToArray(), await store.GetAsync("state", Any, cancellationToken), "the content");
        Expect.True(await store.HeadAsync("other", cancellationToken) is null, "a refused swap made an object");
    }

    private static async Task SwapRaceAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        // No two write the same bytes: a store that settles a lost answer by reading knows its own content by them.
        async Task<int> CountUpAsync(int worker)
        {
            int successes = 0;
            for (int i = 0; i < RoundsEach; i++)
            {
                VersionedObject? current = await store.GetVersionedAsync("counter", Any, cancellationToken);
                byte[] next = new byte[8];
                BitConverter.TryWriteBytes(next, (current is null ? 0 : BitConverter.ToInt32(current.Content)) + 1);
                BitConverter.TryWriteBytes(next.AsSpan(4), worker);
                successes += await store.CompareAndSwapAsync("counter", current?.Version, next, cancellationToken) is null ? 0 : 1;
            }

            return successes;
        }

        int[] successes = await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => CountUpAsync(worker), cancellationToken)));
        Expect.Same(successes.Sum(), BitConverter.ToInt32(await store.GetAsync("counter", Any, cancellationToken)), "the counter after so many successes");
    }
}
