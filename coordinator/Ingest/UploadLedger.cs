using System.Runtime.CompilerServices;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// The chunks of one piece of work that are durable in the store, so that a broken upload does not send them again:
/// a file of 32-byte ids, only ever appended to, and only after pack and index are durable. It proves that this
/// agent had the chunks, which is why they may be referenced. Not synced: a lost tail is sent again. A torn id at
/// the end, left by a crash, is cut off when the file is opened. One owner at a time.
/// </summary>
internal sealed class UploadLedger : IDisposable
{
    private const string Extension = ".chunks";
    private const int BlockIds = 16_384;

    private readonly FileStream _file;

    private UploadLedger(FileStream file) => _file = file;

    /// <summary>Ids entered, duplicates counted.</summary>
    public long Count => _file.Length / ChunkId.Bytes;

    /// <summary>Opens or begins the ledger of a piece of work.</summary>
    /// <exception cref="BackupException">StoreUnavailable: the state directory cannot be written.</exception>
    public static UploadLedger Open(string directory, string workId)
    {
        FileStream? file = null;
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            file = new FileStream(PathOf(directory, workId), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 0,
            });
            file.SetLength(file.Length / ChunkId.Bytes * ChunkId.Bytes);
            return new UploadLedger(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw Unusable(e);
        }
    }

    /// <summary>Forgets what is known about work that is over. Nothing happens when nothing is known.</summary>
    public static void Remove(string directory, string workId)
    {
        if (Directory.Exists(directory))
        {
            File.Delete(PathOf(directory, workId));
        }
    }

    /// <summary>Removes ledgers nobody touched since then: their work was given up while the coordinator was down.</summary>
    public static void RemoveOlderThan(string directory, DateTimeOffset limit)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        foreach (FileInfo file in new DirectoryInfo(directory).EnumerateFiles($"*{Extension}"))
        {
            if (file.LastWriteTimeUtc < limit)
            {
                file.Delete();
            }
        }
    }

    /// <summary>The chunks in all ledgers of a directory: what unfinished work has stored. Reads beside their owners.</summary>
    public static async IAsyncEnumerable<ChunkId> ReadAllAsync(string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!Directory.Exists(directory))
        {
            yield break;
        }

        byte[] block = new byte[BlockIds * ChunkId.Bytes];
        foreach (string path in Directory.EnumerateFiles(directory, $"*{Extension}"))
        {
            // Ledgers are removed as their work ends.
            using FileStream? file = TryOpenToRead(path);
            while (file is not null)
            {
                int read = await file.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken);
                for (int offset = 0; offset + ChunkId.Bytes <= read; offset += ChunkId.Bytes)
                {
                    yield return new ChunkId(block.AsSpan(offset, ChunkId.Bytes));
                }

                if (read < block.Length)
                {
                    break;
                }
            }
        }
    }

    /// <summary>Enters chunks that are durable now.</summary>
    /// <exception cref="BackupException">StoreUnavailable: the state directory cannot be written.</exception>
    public async Task AppendAsync(IReadOnlyList<ChunkId> durable, CancellationToken cancellationToken)
    {
        byte[] packed = new byte[durable.Count * ChunkId.Bytes];
        for (int i = 0; i < durable.Count; i++)
        {
            durable[i].CopyTo(packed.AsSpan(i * ChunkId.Bytes));
        }

        try
        {
            _file.Seek(0, SeekOrigin.End);
            await _file.WriteAsync(packed, cancellationToken);
        }
        catch (IOException e)
        {
            throw Unusable(e);
        }
    }

    /// <summary>The ids in packed form, in blocks of at most 16,384; each is valid until the next is asked for.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] block = new byte[BlockIds * ChunkId.Bytes];
        _file.Seek(0, SeekOrigin.Begin);
        while (true)
        {
            int read = await _file.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken);
            if (read == 0)
            {
                yield break;
            }

            yield return block.AsMemory(0, read);
        }
    }

    public void Dispose() => _file.Dispose();

    private static FileStream? TryOpenToRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    // The agent tries again, and has to send no more than now: nothing is lost but time.
    private static BackupException Unusable(Exception e) =>
        new(FailureCause.StoreUnavailable, $"The coordinator's state directory cannot be written: {e.Message}", e);

    private static string PathOf(string directory, string workId)
    {
        // Work ids are made by the coordinator; this holds even if one is ever taken from a message unchecked.
        Model.Invariants.Invariant.Check(workId.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
        return Path.Combine(directory, workId + Extension);
    }
}
