using System.Text;
using Google.Protobuf;
using K8sBackup.Chunking.Compression;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Simulation.Oracles;
using K8sBackup.Transport.V1;
using EntryKind = K8sBackup.Model.Trees.EntryKind;

namespace K8sBackup.Simulation.Worlds;

/// <summary>
/// One attempt of an agent to back up its source, message by message as upload.proto says. It skips what it may skip, and checks
/// everything the coordinator says against what is in the store.
/// </summary>
internal sealed class SimulatedUpload : IChunkSink
{
    private readonly World _world;
    private readonly CoordinatorProcess _coordinator;
    private readonly SourceModel _source;
    private readonly BackupRecord _record;
    private readonly WorkItem _item;
    private readonly CancellationToken _connection;
    private readonly Random _random;
    private readonly Pipe<UploadRequest> _requests = new();
    private readonly Pipe<UploadResponse> _responses = new();
    private readonly HashSet<ChunkId> _known = [];
    private readonly List<byte[]> _waiting = [];
    private readonly List<ChunkId[]> _frames = [];
    private string _parent = "";
    private Task _call = Task.CompletedTask;

    public SimulatedUpload(
        World world, CoordinatorProcess coordinator, SourceModel source, BackupRecord record, WorkItem item, Random random, CancellationToken connection)
    {
        _world = world;
        _coordinator = coordinator;
        _source = source;
        _record = record;
        _item = item;
        _random = random;
        _connection = connection;
        connection.Register(() => _requests.Complete(new IOException("The connection is lost.")));
    }

    /// <summary>Backs the source up.</summary>
    /// <returns>The snapshot the coordinator says it committed.</returns>
    public async Task<SnapshotId> RunAsync(bool hostile)
    {
        _call = _world.Scheduler.Start(HandleAsync);
        await SendAsync(new UploadRequest { Header = new UploadHeader { WorkId = _item.WorkId } });
        Accepted accepted = (await NextAsync()).Accepted;
        await ReadKnownAsync();
        if (accepted.ParentSnapshotId.Length > 0 && _random.Next(4) > 0)
        {
            await ReadParentAsync();
            _parent = accepted.ParentSnapshotId;
        }

        ChunkId root = await SendTreeAsync(hostile);
        await FlushAsync();
        await SendAsync(new UploadRequest
        {
            Finish = new Finish
            {
                Root = ByteString.CopyFrom(root.ToArray()),
                Outcome = Outcome.Completed,
                ParentSnapshotId = _parent,
                SourcePath = "/data",
                AgentVersion = "1.0",
            },
        });
        return await CommittedAsync();
    }

    /// <summary>Takes a chunk of the tree or of a file, unless the coordinator has it from here.</summary>
    public async ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        ChunkId id = ChunkId.Of(plaintext.Span);
        if (_known.Add(id))
        {
            _waiting.Add(plaintext.ToArray());
            if (_waiting.Count > _random.Next(6))
            {
                await FlushAsync();
            }
        }

        return id;
    }

    private async Task HandleAsync()
    {
        try
        {
            await _coordinator.Uploads.Send(_requests, _responses, new SimulatedCall(_source.Agent, _connection));
            _responses.Complete();
        }
#pragma warning disable CA1031 // Not swallowed: it is the status the agent gets.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _responses.Complete(e);
        }
    }

    private async Task ReadKnownAsync()
    {
        KnownChunks known;
        do
        {
            known = (await NextAsync()).Known;
            List<ChunkId> ids = [.. Ids(known.ChunkIds)];
            _known.UnionWith(ids);
            _world.Oracle.ClaimDurable(_coordinator.Gate.Name, ids);
        }
        while (!known.Last);
    }

    private async Task ReadParentAsync()
    {
        Pipe<ParentMessage> entries = new();
        Task reading = _world.Scheduler.Start(async () =>
        {
            try
            {
                await _coordinator.Uploads.ReadParent(
                    new ReadParentRequest { WorkId = _item.WorkId }, entries, new SimulatedCall(_source.Agent, _connection));
                entries.Complete();
            }
#pragma warning disable CA1031 // As above.
            catch (Exception e)
#pragma warning restore CA1031
            {
                entries.Complete(e);
            }
        });
        while (await entries.MoveNext(_connection))
        {
            foreach (ParentExtent extent in entries.Current.Entries.SelectMany(e => e.Extents))
            {
                _known.Add(new ChunkId(extent.ChunkId.Span));
            }
        }

        await reading;
    }

    private async Task<ChunkId> SendTreeAsync(bool hostile)
    {
        TreeWriter tree = new(this);
        await tree.AddAsync(new TreeEntry { Path = [], Kind = EntryKind.Directory, Mode = 493 }, CancellationToken.None);
        string? directory = null;
        foreach ((string path, byte[][] parts) in _record.Parts)
        {
            if (path[..2] != directory)
            {
                directory = path[..2];
                await tree.AddAsync(new TreeEntry { Path = Encoding.UTF8.GetBytes(directory), Kind = EntryKind.Directory, Mode = 493 }, CancellationToken.None);
            }

            await tree.AddAsync(await FileAsync(path, parts), CancellationToken.None);
        }

        byte[] wanted = _world.Pool[_random.Next(_world.Pool.Count)];
        if (hostile && !_known.Contains(ChunkId.Of(wanted)) && _world.Oracle.Has(ChunkId.Of(wanted)))
        {
            await tree.AddAsync(new TreeEntry { Path = "e"u8.ToArray(), Kind = EntryKind.Directory, Mode = 493 }, CancellationToken.None);
            _world.Saboteur.Claim(_coordinator, _item.WorkId, ChunkId.Of(wanted));
            await tree.AddAsync(Entry("e/stolen", wanted.Length, [new Extent(0, ChunkId.Of(wanted), 0, wanted.Length)]), CancellationToken.None);
        }

        return (await tree.FinishAsync(CancellationToken.None)).Block;
    }

    private static TreeEntry Entry(string path, long size, IReadOnlyList<Extent> extents) => new()
    {
        Path = Encoding.UTF8.GetBytes(path),
        Kind = EntryKind.File,
        Mode = 420,
        Size = size,
        Content = new FileContent { Inline = extents },
    };

    private async Task<TreeEntry> FileAsync(string path, byte[][] parts)
    {
        ExtentListWriter extents = new(this);
        long offset = 0;
        foreach (byte[] chunk in parts)
        {
            await extents.AddAsync(new Extent(offset, await AddAsync(chunk, CancellationToken.None), 0, chunk.Length), CancellationToken.None);
            offset += chunk.Length;
        }

        return Entry(path, offset, []) with { Content = await extents.FinishAsync(CancellationToken.None) };
    }

    private async Task FlushAsync()
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        byte[] plaintext = [.. _waiting.SelectMany(c => c)];
        byte[] compressed = new byte[plaintext.Length];
        int length = Zstd.Compress(plaintext, compressed);
        ChunkId[] ids = [.. _waiting.Select(c => ChunkId.Of(c))];
        Frame frame = new()
        {
            Seq = (ulong)_frames.Count + 1,
            Content = FrameContent.Data,
            Compression = length < 0 ? Compression.None : Compression.Zstd,
            ChunkIds = ByteString.CopyFrom([.. ids.SelectMany(i => i.ToArray())]),
            Payload = ByteString.CopyFrom(length < 0 ? plaintext : compressed.AsSpan(0, length)),
        };
        frame.Lengths.AddRange(_waiting.Select(c => (uint)c.Length));
        _waiting.Clear();
        _frames.Add(ids);
        _record.Sent.UnionWith(ids);
        await SendAsync(new UploadRequest { Frame = frame });
        if (_random.Next(8) == 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(_random.Next(40)), _world.Clock, _connection);
        }
    }

    private Task SendAsync(UploadRequest request) => _requests.WriteAsync(request, _connection);

    private async Task<UploadResponse> NextAsync()
    {
        if (!await _responses.MoveNext(_connection))
        {
            await _call;
            throw new IOException("The call ended without a message.");
        }

        // Once the work is committed, what is sent again for it is let through and not kept.
        if (_responses.Current.Ack is { } ack && _record.Snapshot is null)
        {
            _world.Oracle.ClaimDurable(_coordinator.Gate.Name, [.. _frames.Take((int)ack.DurableSeq).SelectMany(f => f)]);
        }

        return _responses.Current;
    }

    private async Task<SnapshotId> CommittedAsync()
    {
        while (true)
        {
            if ((await NextAsync()).Committed is { } committed)
            {
                SnapshotId id = SnapshotId.Parse(committed.SnapshotId);
                _world.Oracle.ClaimSnapshot(_coordinator.Gate.Name, id);
                return id;
            }
        }
    }

    private static IEnumerable<ChunkId> Ids(ByteString packed)
    {
        for (int at = 0; at < packed.Length; at += ChunkId.Bytes)
        {
            yield return new ChunkId(packed.Span.Slice(at, ChunkId.Bytes));
        }
    }
}
