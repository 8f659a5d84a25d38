namespace K8sBackup.ObjectStore.Contract;

/// <summary>Throws when something is not as promised.</summary>
internal static class Expect
{
    public static void True(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ContractViolationException(otherwise);
        }
    }

    public static void Same<T>(T expected, T actual, string what) =>
        True(EqualityComparer<T>.Default.Equals(expected, actual), $"{what}: {actual?.ToString() ?? "nothing"} instead of {expected?.ToString() ?? "nothing"}");

    public static void Bytes(ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> actual, string what) =>
        True(expected.Span.SequenceEqual(actual.Span), $"{what}: {actual.Length} bytes that differ from the {expected.Length} expected");

    public static async Task FailsAsync(ObjectStoreError expected, Func<Task> call, string what)
    {
        try
        {
            await call();
        }
        catch (ObjectStoreException e)
        {
            True(e.Error == expected, $"{what}: failed with {e.Error} instead of {expected}: {e.Message}");
            return;
        }

        throw new ContractViolationException($"{what}: succeeded instead of failing with {expected}");
    }

    public static async Task<List<ObjectInfo>> ListAsync(IObjectStore store, string prefix, CancellationToken cancellationToken)
    {
        List<ObjectInfo> listed = [];
        await foreach (ObjectInfo info in store.ListAsync(prefix, cancellationToken))
        {
            listed.Add(info);
        }

        return listed;
    }

    /// <summary>Bytes without a pattern, the same for the same length.</summary>
    public static byte[] Content(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }
}
