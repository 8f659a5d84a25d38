using System.Security.Cryptography;

namespace K8sBackup.Repository.Keys;

/// <summary>
/// HMAC-SHA-256 under one key, for many short inputs: setting a hash up with its key takes longer than hashing those, so a few that are set up
/// are kept. Thread-safe. Does not own the key, and is to be disposed of before it.
/// </summary>
internal sealed class KeyedHash(SecretBytes key) : IDisposable
{
    private const int KeptMax = 8;

    private readonly IncrementalHash?[] _idle = new IncrementalHash?[KeptMax];

    /// <summary>Writes the 32 bytes for <paramref name="data"/> to <paramref name="result"/>.</summary>
    /// <exception cref="ObjectDisposedException">The key is gone.</exception>
    public void Compute(ReadOnlySpan<byte> data, Span<byte> result)
    {
        ref IncrementalHash? place = ref _idle[Environment.CurrentManagedThreadId % KeptMax];
        IncrementalHash hash = Interlocked.Exchange(ref place, null) ?? IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key.Span);
        hash.AppendData(data);
        hash.GetHashAndReset(result);
        Interlocked.Exchange(ref place, hash)?.Dispose();
    }

    public void Dispose()
    {
        for (int i = 0; i < _idle.Length; i++)
        {
            Interlocked.Exchange(ref _idle[i], null)?.Dispose();
        }
    }
}
