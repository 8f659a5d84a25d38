using System.Security.Cryptography;
using K8sBackup.Model.Processes;

namespace K8sBackup.Repository.Keys;

/// <summary>
/// Secret bytes in memory that never move, so that no copy is left behind by the collector, and are zeroed on dispose.
/// Keeps the process out of core dumps. Prints as redacted. Not comparable in anything but fixed time.
/// </summary>
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    private SecretBytes(byte[] pinned)
    {
        ProcessSecrecy.Ensure();
        _bytes = pinned;
    }

    /// <summary>Length in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>The bytes; do not copy them into ordinary arrays.</summary>
    /// <exception cref="ObjectDisposedException">The secret was disposed.</exception>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>Makes random secret bytes.</summary>
    public static SecretBytes Random(int length)
    {
        byte[] bytes = GC.AllocateArray<byte>(length, pinned: true);
        RandomNumberGenerator.Fill(bytes);
        return new SecretBytes(bytes);
    }

    /// <summary>Copies bytes; the caller zeroes its own.</summary>
    public static SecretBytes CopyOf(ReadOnlySpan<byte> source)
    {
        byte[] bytes = GC.AllocateArray<byte>(source.Length, pinned: true);
        source.CopyTo(bytes);
        return new SecretBytes(bytes);
    }

    /// <summary>Makes secret bytes that <paramref name="fill"/> computes in place.</summary>
    public static SecretBytes Create<TState>(int length, TState state, System.Buffers.SpanAction<byte, TState> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        byte[] bytes = GC.AllocateArray<byte>(length, pinned: true);
        fill(bytes, state);
        return new SecretBytes(bytes);
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }

    public override string ToString() => "[redacted]";
}
