using System.Globalization;
using System.Security.Cryptography;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Files;

namespace K8sBackup.Etcd.Snapshots;

/// <summary>
/// Verifies a snapshot file: V1 length and digest, V2 structure, V3 meaning of every entry of the key space, and computes
/// the hashes V4 compares with live members. Reads the file three times, page by page; see <see cref="DatabaseInspector"/>
/// for the memory. Synchronous work for a worker thread.
/// </summary>
public static class SnapshotVerifier
{
    private const int DigestBytes = SHA256.HashSizeInBytes;

    // Pages are multiples of 512 bytes, so a whole stream leaves exactly the digest as remainder; etcdctl tests the same.
    private const int LengthUnit = 512;
    private const int ReadBytes = 1 << 20;

    /// <summary>Verifies the file and returns its facts.</summary>
    /// <exception cref="SnapshotInvalidException">Level V1 failed.</exception>
    /// <exception cref="CorruptDatabaseException">Level V2 or V3 failed.</exception>
    /// <exception cref="IOException">The file could not be read.</exception>
    public static SnapshotFacts Verify(string path, DigestRule digest, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var sha256 = digest == DigestRule.Required ? VerifyDigest(path, cancellationToken) : null;
        using var file = BoltFile.Open(path);
        // Through a handle: the path may be that of a descriptor (/proc/self/fd) whose file has no name any more.
        using var handle = PosixFile.OpenRead(path);
        var bytes = RandomAccess.GetLength(handle);
        if (sha256 is not null && bytes - DigestBytes != file.Meta.DatabaseBytes)
        {
            throw new SnapshotInvalidException(
                SnapshotFault.LengthMismatch,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the stream carried {bytes - DigestBytes} bytes of database, its meta page says {file.Meta.DatabaseBytes}"));
        }

        return new DatabaseInspector(file).Inspect(bytes, sha256, cancellationToken);
    }

    /// <summary>Level V1 alone: the digest at the end, in lower-case hex.</summary>
    /// <exception cref="SnapshotInvalidException">There is none, or it is not that of what precedes it.</exception>
    /// <exception cref="IOException">The file could not be read.</exception>
    public static string VerifyDigest(string path, CancellationToken cancellationToken)
    {
        using var handle = PosixFile.OpenRead(path);
        var length = RandomAccess.GetLength(handle);
        if (length % LengthUnit != DigestBytes || length == DigestBytes)
        {
            throw new SnapshotInvalidException(
                SnapshotFault.DigestMissing,
                string.Create(CultureInfo.InvariantCulture, $"{length} bytes are no whole pages followed by a digest of {DigestBytes} bytes"));
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ReadBytes];
        for (long offset = 0; offset < length - DigestBytes;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var wanted = (int)Math.Min(buffer.Length, length - DigestBytes - offset);
            var read = RandomAccess.Read(handle, buffer.AsSpan(0, wanted), offset);
            if (read == 0)
            {
                throw new EndOfStreamException($"{path} became shorter while it was read");
            }

            hash.AppendData(buffer, 0, read);
            offset += read;
        }

        Span<byte> stored = stackalloc byte[DigestBytes];
        var computed = hash.GetHashAndReset();
        if (RandomAccess.Read(handle, stored, length - DigestBytes) != DigestBytes || !stored.SequenceEqual(computed))
        {
            throw new SnapshotInvalidException(
                SnapshotFault.DigestMismatch, "the digest at the end of the file is not the SHA-256 of what precedes it");
        }

        return Convert.ToHexStringLower(computed);
    }
}
