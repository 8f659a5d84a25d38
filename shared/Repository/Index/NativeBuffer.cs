using System.Runtime.InteropServices;

namespace K8sBackup.Repository.Index;

/// <summary>An array outside the collector's heap, zeroed when made. Not thread-safe.</summary>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly PageFile? _file;
    private T* _items;

    public NativeBuffer(long length)
    {
        Length = length;
        _items = (T*)NativeMemory.AllocZeroed((nuint)length, (nuint)sizeof(T));
    }

    /// <summary>An array in a file, which it owns from now on.</summary>
    public NativeBuffer(PageFile file, long length)
    {
        _file = file;
        Length = length;
        _items = (T*)file.Start;
    }

    ~NativeBuffer() => Free();

    public bool IsPaged => _file is not null;

    public long Bytes => Length * sizeof(T);

    public long Length { get; private set; }

    public ref T this[long index]
    {
        get
        {
            ObjectDisposedException.ThrowIf(_items is null, this);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)Length, nameof(index));
            return ref _items[index];
        }
    }

    public Span<T> Span(int length) => new(_items, (int)Math.Min(length, Length));

    /// <summary>Makes it longer; what is added is zero. For arrays in memory.</summary>
    public void Grow(long length)
    {
        if (_file is not null)
        {
            throw new InvalidOperationException("An array in a file has its length for good.");
        }

        T* items = (T*)NativeMemory.Realloc(_items, checked((nuint)length * (nuint)sizeof(T)));
        NativeMemory.Clear(items + Length, (nuint)(length - Length) * (nuint)sizeof(T));
        _items = items;
        Length = length;
    }

    public void Dispose()
    {
        _file?.Dispose();
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_file is null)
        {
            NativeMemory.Free(_items);
        }

        _items = null;
        Length = 0;
    }
}
