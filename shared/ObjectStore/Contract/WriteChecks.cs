namespace K8sBackup.ObjectStore.Contract;

/// <summary>What creating and deleting must do.</summary>
internal static class WriteChecks
{
    private const int Any = int.MaxValue;
    private const int Writers = 16;

    // A pack as the repository writes it.
    private const int LargeBytes = 33 * 1024 * 1024;

    public static IEnumerable<ContractCheck> All =>
    [
        new("put", "A new object is read back whole.", PutAsync),
        new("put-taken", "An object that exists is never overwritten.", PutTakenAsync),
        new("put-race", "Of many writers of one name exactly one creates it.", PutRaceAsync),
        new("put-empty", "An empty object is an object.", PutEmptyAsync),
        new("put-large", "An object of the size of a pack is read back whole, and not overwritten either.", PutLargeAsync),
        new("put-cancelled", "A call that was cancelled before it began writes nothing.", CancelledAsync),
        new("delete", "A deleted object is gone, may be created again, and deleting what is not there succeeds.", DeleteAsync),
    ];

    private static async Task PutAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        byte[] content = Expect.Content(100_000);
        Expect.Same(PutOutcome.Created, await store.PutIfAbsentAsync("packs/ab/0123", content, cancellationToken), "writing a new name");
        Expect.Bytes(content, await store.GetAsync("packs/ab/0123", Any, cancellationToken), "reading it");
        Expect.Same(content.Length, (await store.HeadAsync("packs/ab/0123", cancellationToken))?.Length, "its length");
    }

    private static async Task PutTakenAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        await store.PutIfAbsentAsync("a/b", "first"u8.ToArray(), cancellationToken);
        Expect.Same(PutOutcome.AlreadyExists, await store.PutIfAbsentAsync("a/b", "second"u8.ToArray(), cancellationToken), "writing a taken name");
        Expect.Bytes("first"u8.ToArray(), await store.GetAsync("a/b", Any, cancellationToken), "the first content");
    }

    private static async Task PutRaceAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        PutOutcome[] outcomes = await Task.WhenAll(
            Enumerable.Range(0, Writers).Select(i => store.PutIfAbsentAsync("race", Expect.Content(1000 + i), cancellationToken)));
        Expect.Same(1, outcomes.Count(o => o == PutOutcome.Created), "writers that were told they created it");
        int winner = Array.IndexOf(outcomes, PutOutcome.Created);
        Expect.Bytes(Expect.Content(1000 + winner), await store.GetAsync("race", Any, cancellationToken), "the winner's content");
    }

    private static async Task PutEmptyAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        await store.PutIfAbsentAsync("empty", ReadOnlyMemory<byte>.Empty, cancellationToken);
        Expect.Bytes(ReadOnlyMemory<byte>.Empty, await store.GetAsync("empty", 0, cancellationToken), "reading it");
        await store.GetRangeAsync("empty", 0, Memory<byte>.Empty, cancellationToken);
        Expect.Same(0, (await store.HeadAsync("empty", cancellationToken))?.Length, "its length");
    }

    private static async Task PutLargeAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        byte[] content = Expect.Content(LargeBytes);
        Expect.Same(PutOutcome.Created, await store.PutIfAbsentAsync("large", content, cancellationToken), "writing it");
        Expect.Bytes(content, await store.GetAsync("large", Any, cancellationToken), "reading it");
        content[0] ^= 1;
        Expect.Same(PutOutcome.AlreadyExists, await store.PutIfAbsentAsync("large", content, cancellationToken), "writing it again");
        byte[] first = new byte[1];
        await store.GetRangeAsync("large", 0, first, cancellationToken);
        Expect.Same(content[0] ^ 1, first[0], "its first byte");
    }

    private static async Task CancelledAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        CancellationToken cancelled = new(canceled: true);
        foreach (Func<Task> call in (Func<Task>[])
        [
            () => store.PutIfAbsentAsync("c", new byte[1], cancelled),
            () => store.CompareAndSwapAsync("c", null, new byte[1], cancelled),
        ])
        {
            try
            {
                await call();
                throw new ContractViolationException("a cancelled call succeeded");
            }
            catch (OperationCanceledException)
            {
                // As promised.
            }
        }

        Expect.Same(0, (await Expect.ListAsync(store, "", cancellationToken)).Count, "objects written");
    }

    private static async Task DeleteAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        await store.PutIfAbsentAsync("d/e", Expect.Content(5), cancellationToken);
        await store.DeleteAsync("d/e", cancellationToken);
        await store.DeleteAsync("d/e", cancellationToken);
        await store.DeleteAsync("never/was", cancellationToken);
        Expect.True(await store.HeadAsync("d/e", cancellationToken) is null, "a deleted object is still there");
        Expect.Same(0, (await Expect.ListAsync(store, "", cancellationToken)).Count, "objects listed after all were deleted");
        Expect.Same(PutOutcome.Created, await store.PutIfAbsentAsync("d/e", Expect.Content(6), cancellationToken), "creating it again");
        Expect.Bytes(Expect.Content(6), await store.GetAsync("d/e", Any, cancellationToken), "the new content");
    }
}
