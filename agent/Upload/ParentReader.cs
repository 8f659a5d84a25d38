using Grpc.Core;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Upload;

/// <summary>
/// The parent snapshot's entries in tree order, read as the walk goes along, so that memory stays flat: flow control
/// holds the stream back. A parent that is damaged or gone reads as ending there: everything after it is read anew.
/// </summary>
internal sealed class ParentReader : IAsyncDisposable
{
    private readonly AsyncServerStreamingCall<ParentMessage>? _call;
    private readonly string _workId;
    private readonly KnownChunkSet _known;
    private readonly ILogger _log;
    private readonly CancellationToken _cancellationToken;
    private ParentMessage _message = new();
    private int _next;
    private byte[]? _lastPath;

    private ParentReader(AsyncServerStreamingCall<ParentMessage>? call, string workId, KnownChunkSet known, ILogger log, CancellationToken cancellationToken)
    {
        _call = call;
        _workId = workId;
        _known = known;
        _log = log;
        _cancellationToken = cancellationToken;
    }

    /// <summary>The entry the reader stands at; null before the first <see cref="MoveNextAsync"/> and after the last entry.</summary>
    public ParentFile? Current { get; private set; }

    /// <summary>Opens the stream; with no parent the reader is empty.</summary>
    public static ParentReader Open(
        Transport.V1.Upload.UploadClient client, string workId, UploadTerms terms, KnownChunkSet known, ILogger log, CancellationToken cancellationToken)
    {
        AsyncServerStreamingCall<ParentMessage>? call = terms.ParentSnapshotId.Length > 0
            ? client.ReadParent(new ReadParentRequest { WorkId = workId }, cancellationToken: cancellationToken)
            : null;
        return new ParentReader(call, workId, known, log, cancellationToken);
    }

    /// <summary>Goes to the next entry; false at the end.</summary>
    public async ValueTask<bool> MoveNextAsync()
    {
        Current = null;
        try
        {
            if (_call is null || await NextPartAsync() is not { } first)
            {
                return false;
            }

            Current = await AssembleAsync(first);
            return true;
        }
        catch (RpcException e) when (UploadFaults.IsPermanent(e))
        {
            UploadLog.ParentUnusable(_log, _workId, e.Status.Detail);
        }
        catch (InvalidDataException e)
        {
            UploadLog.ParentUnusable(_log, _workId, e.Message);
        }

        return false;
    }

    /// <summary>Goes on until the current entry is at or behind <paramref name="path"/>; that entry when it is at it.</summary>
    public async ValueTask<ParentFile?> FindAsync(byte[] path)
    {
        if (_lastPath is null)
        {
            await AdvanceAsync();
        }

        while (Current is { } current && TreePath.Compare(current.Entry.Path, path) < 0)
        {
            await AdvanceAsync();
        }

        return Current is { } found && found.Entry.Path.AsSpan().SequenceEqual(path) ? found : null;
    }

    public ValueTask DisposeAsync()
    {
        _call?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask AdvanceAsync()
    {
        byte[] path = await MoveNextAsync() ? Current!.Entry.Path : [];
        if (Current is not null && _lastPath is not null && TreePath.Compare(path, _lastPath) <= 0)
        {
            throw new BackupException(FailureCause.ProtocolViolation, "The parent's entries are not in order.");
        }

        _lastPath = path;
    }

    private async ValueTask<ParentEntry?> NextPartAsync()
    {
        while (_next == _message.Entries.Count)
        {
            if (!await _call!.ResponseStream.MoveNext(_cancellationToken))
            {
                return null;
            }

            _message = _call.ResponseStream.Current;
            _next = 0;
        }

        return _message.Entries[_next++];
    }

    private async ValueTask<ParentFile> AssembleAsync(ParentEntry part)
    {
        TreeEntry entry = EntryMapping.ToModel(part.Entry ?? throw new InvalidDataException("A part of an entry comes without its beginning."));
        int pageBytes = part.PageBytes;
        List<Extent> extents = [];
        List<byte[]> digests = [];
        while (true)
        {
            foreach (ParentExtent wire in part.Extents)
            {
                Extent extent = ToModel(wire);
                extents.Add(extent);
                // What the parent has may be referenced without sending it, in whatever file it turns up.
                _known.Add(extent.Chunk);
            }

            if (!part.PageDigests.IsEmpty)
            {
                // One chunk of digests a part, so that each can be named by its hash again.
                digests.Add(part.PageDigests.ToByteArray());
            }

            if (part.Last)
            {
                return new ParentFile(entry, extents, pageBytes, digests);
            }

            part = await NextPartAsync() ?? throw new InvalidDataException("The parent ends within an entry.");
        }
    }

    private static Extent ToModel(ParentExtent wire)
    {
        bool valid = wire.ChunkId.Length == ChunkId.Bytes && wire.FileOffset >= 0 && wire.ChunkOffset >= 0 && wire.Length > 0;
        return valid
            ? new Extent(wire.FileOffset, new ChunkId(wire.ChunkId.Span), wire.ChunkOffset, wire.Length)
            : throw new InvalidDataException("An extent of the parent is malformed.");
    }
}
