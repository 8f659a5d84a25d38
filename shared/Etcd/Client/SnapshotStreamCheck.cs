using System.Globalization;
using System.Security.Cryptography;

namespace K8sBackup.Etcd.Client;

/// <summary>
/// The rules of a snapshot stream (etcd.md 1.2), apart from gRPC and files. Feed every message in order, then
/// <see cref="Complete"/> when the call ended well. The digest is the last 32 bytes, wherever messages happen to be cut.
/// </summary>
internal sealed class SnapshotStreamCheck : IDisposable
{
    private const int DigestBytes = SHA256.HashSizeInBytes;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _digest = new byte[DigestBytes];
    private readonly long _bytesMax;
    private readonly long _spoolBytesMax;
    private long _received;

    /// <param name="bytesMax">Largest snapshot taken at all, digest included.</param>
    /// <param name="spoolBytesMax">Room in the spool.</param>
    public SnapshotStreamCheck(long bytesMax, long spoolBytesMax)
    {
        _bytesMax = bytesMax;
        _spoolBytesMax = spoolBytesMax;
    }

    /// <summary>Bytes of database the first message announced, null before it.</summary>
    public long? DatabaseBytes { get; private set; }

    /// <summary>Takes one message and throws as soon as the stream cannot become a snapshot any more.</summary>
    public void Accept(ReadOnlySpan<byte> blob, ulong remaining)
    {
        if (DatabaseBytes is not { } total)
        {
            total = Announce(blob.Length, remaining);
        }

        if (blob.IsEmpty && remaining > 0)
        {
            throw Failed(EtcdSnapshotError.Stalled, $"an empty message with {remaining} bytes to come: the member could not read its database");
        }

        if (_received + blob.Length > total + DigestBytes)
        {
            throw Failed(EtcdSnapshotError.TooLong, $"more than the announced {total} bytes and a digest");
        }

        var data = (int)Math.Clamp(total - _received, 0, blob.Length);
        _hash.AppendData(blob[..data]);
        if (data < blob.Length)
        {
            blob[data..].CopyTo(_digest.AsSpan((int)(_received + data - total)));
        }

        _received += blob.Length;
    }

    /// <summary>Judges the whole stream and returns the digest in lower-case hex.</summary>
    public string Complete()
    {
        if (DatabaseBytes is not { } total || _received < total)
        {
            throw Failed(EtcdSnapshotError.StreamEndedEarly, $"the stream ended after {_received} of {DatabaseBytes ?? 0} bytes");
        }

        if (_received != total + DigestBytes)
        {
            throw Failed(EtcdSnapshotError.DigestMissing, $"{_received - total} of {DigestBytes} bytes of digest came");
        }

        var computed = _hash.GetHashAndReset();
        return CryptographicOperations.FixedTimeEquals(computed, _digest)
            ? Convert.ToHexStringLower(computed)
            : throw Failed(EtcdSnapshotError.DigestMismatch, $"the digest is not that of the {total} bytes");
    }

    public void Dispose() => _hash.Dispose();

    private long Announce(int first, ulong remaining)
    {
        if (remaining > long.MaxValue - DigestBytes - (ulong)first || (long)remaining + first + DigestBytes > _bytesMax)
        {
            throw Failed(EtcdSnapshotError.TooLarge, $"{remaining} bytes are announced, the limit is {_bytesMax}");
        }

        if ((long)remaining + first + DigestBytes > _spoolBytesMax)
        {
            throw Failed(EtcdSnapshotError.SpoolFull, $"{remaining} bytes are announced, the spool has room for {_spoolBytesMax}");
        }

        DatabaseBytes = (long)remaining + first;
        return DatabaseBytes.Value;
    }

    private static EtcdSnapshotException Failed(EtcdSnapshotError error, FormattableString message) =>
        new(error, message.ToString(CultureInfo.InvariantCulture));
}
