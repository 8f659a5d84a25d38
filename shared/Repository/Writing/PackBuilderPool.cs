using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Writing;

/// <summary>
/// The buffers of packs: a bounded number, used again and again, and given back to the system when the writer has failed, because it may
/// be kept for its readers for a long time. Thread-safe.
/// </summary>
internal sealed class PackBuilderPool : IDisposable
{
    private readonly int _targetBytes;
#pragma warning disable CA2213 // Never disposed, as Dispose says; it holds nothing but memory.
    private readonly SemaphoreSlim _permits;
#pragma warning restore CA2213
    private readonly Stack<PackBuilder> _idle = new();
    private bool _closed;

    public PackBuilderPool(int count, int targetBytes)
    {
        _targetBytes = targetBytes;
        _permits = new SemaphoreSlim(count);
    }

    /// <summary>A builder with an empty pack; waits while all are in use.</summary>
    public async Task<PackBuilder> TakeAsync(MasterKeys keys, CancellationToken cancellationToken)
    {
        await _permits.WaitAsync(cancellationToken);
        try
        {
            PackBuilder builder = TakeIdle() ?? new PackBuilder(_targetBytes);
            builder.Begin(keys);
            return builder;
        }
        catch
        {
            // No memory for a buffer, for example: the next caller may find some.
            _permits.Release();
            throw;
        }
    }

    /// <summary>
    /// Takes a builder back, without the memory its pack lay in: stores are mostly faster than what fills packs, and a coordinator is idle
    /// most of the day.
    /// </summary>
    public void Return(PackBuilder builder)
    {
        builder.Rest();
        lock (_idle)
        {
            if (!_closed)
            {
                _idle.Push(builder);
                _permits.Release();
                return;
            }
        }

        builder.Dispose();
        _permits.Release();
    }

    /// <summary>Lets go of what is idle now and of what comes back later.</summary>
    public void Close()
    {
        lock (_idle)
        {
            _closed = true;
        }

        while (TakeIdle() is { } idle)
        {
            idle.Dispose();
        }
    }

    /// <summary>Closes it. The permits stay: whoever waits for one must wake up.</summary>
    public void Dispose() => Close();

    private PackBuilder? TakeIdle()
    {
        lock (_idle)
        {
            return _idle.TryPop(out PackBuilder? idle) ? idle : null;
        }
    }
}
