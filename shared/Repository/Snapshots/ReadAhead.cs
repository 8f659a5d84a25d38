using System.Runtime.CompilerServices;

namespace K8sBackup.Repository.Snapshots;

/// <summary>Reads many small objects a few at a time and gives them in order: a listing takes the latency of the store once for several.</summary>
internal static class ReadAhead
{
    /// <summary>Reads under way at a time.</summary>
    public const int Depth = 8;

    public static async IAsyncEnumerable<T> InOrderAsync<T>(
        IEnumerable<string> names, Func<string, CancellationToken, Task<T>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<Task<T>> underWay = new(Depth);
        try
        {
            foreach (string name in names)
            {
                underWay.Enqueue(read(name, abandoned.Token));
                if (underWay.Count == Depth)
                {
                    yield return await underWay.Dequeue();
                }
            }

            while (underWay.TryDequeue(out Task<T>? next))
            {
                yield return await next;
            }
        }
        finally
        {
            // The caller had enough, or one failed: none is left running behind it.
            await abandoned.CancelAsync();
            await Task.WhenAll(underWay).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
