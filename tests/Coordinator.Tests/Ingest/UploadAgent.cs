using System.Text;
using Google.Protobuf;
using K8sBackup.Chunking.Compression;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using EntryKind = K8sBackup.Model.Trees.EntryKind;

namespace K8sBackup.Coordinator.Tests.Ingest;

/// <summary>An agent's side of one upload, honest unless a test makes it send something else.</summary>
internal sealed class UploadAgent : IChunkSink, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly MessagePipe<UploadRequest> _requests = new();
    private readonly MessagePipe<UploadResponse> _responses = new();
    private readonly CancellationTokenSource _connection = new();
    private readonly HashSet<ChunkId> _known = [];
    private ulong _seq;

    private UploadAgent()
    {
    }

    /// <summary>The handler, which ends with the status the agent gets.</summary>
    public Task Call { get; private set; } = Task.CompletedTask;

    public Accepted Accepted { get; private set; } = new();

    public int KnownAtStart { get; private set; }

    public int FramesSent => (int)_seq;

    public static UploadAgent Start(TestStore store, PeerIdentity caller)
    {
        UploadAgent agent = new();
        agent.Call = agent.RunAsync(store, new TestCall(caller, agent._connection.Token));
        return agent;
    }

    public static async Task<UploadAgent> OpenAsync(TestStore store, WorkItem item, PeerIdentity? caller = null)
    {
        UploadAgent agent = Start(store, caller ?? TestStore.AgentOf(item.Source));
        await agent.SendAsync(new UploadRequest { Header = new UploadHeader { WorkId = item.WorkId } });
        agent.Accepted = (await agent.NextAsync()).Accepted;
        KnownChunks known;
        do
        {
            known = (await agent.NextAsync()).Known;
            for (int at = 0; at < known.ChunkIds.Length; at += ChunkId.Bytes)
            {
                agent._known.Add(new ChunkId(known.ChunkIds.Span.Slice(at, ChunkId.Bytes)));
                agent.KnownAtStart++;
            }
        }
        while (!known.Last);
        return agent;
    }

    public Task SendAsync(UploadRequest request) => _requests.WriteAsync(request);

    public Task SendAsync(Frame frame) => SendAsync(new UploadRequest { Frame = frame });

    /// <summary>The next response; the status of the call when it ended instead.</summary>
    public async Task<UploadResponse> NextAsync()
    {
        Task<bool> next = _responses.MoveNext(CancellationToken.None);
        await next.WaitAsync(Patience);
        if (!await next)
        {
            await Call;
            throw new InvalidOperationException("The call ended without a message.");
        }

        return _responses.Current;
    }

    /// <summary>Sends a chunk in a frame of its own unless it is known.</summary>
    public async ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        ChunkId id = ChunkId.Of(plaintext.Span);
        if (_known.Add(id))
        {
            await SendAsync(FrameOf(plaintext));
        }

        return id;
    }

    /// <summary>The next frame, with one chunk.</summary>
    public Frame FrameOf(ReadOnlyMemory<byte> plaintext)
    {
        byte[] compressed = new byte[plaintext.Length];
        int length = Zstd.Compress(plaintext.Span, compressed);
        return new Frame
        {
            Seq = ++_seq,
            Content = FrameContent.Data,
            Compression = length < 0 ? Compression.None : Compression.Zstd,
            ChunkIds = ByteString.CopyFrom(ChunkId.Of(plaintext.Span).ToArray()),
            Lengths = { (uint)plaintext.Length },
            Payload = ByteString.CopyFrom(length < 0 ? plaintext.Span : compressed.AsSpan(0, length)),
        };
    }

    /// <summary>Writes a tree of the entries, the root directory added, and gives the message that ends the upload.</summary>
    public async Task<Finish> TreeAsync(params TreeEntry[] entries)
    {
        TreeWriter tree = new(this);
        await tree.AddAsync(new TreeEntry { Path = [], Kind = EntryKind.Directory, Mode = 493 }, CancellationToken.None);
        foreach (TreeEntry entry in entries)
        {
            await tree.AddAsync(entry, CancellationToken.None);
        }

        TreeRoot root = await tree.FinishAsync(CancellationToken.None);
        return new Finish
        {
            Root = ByteString.CopyFrom(root.Block.ToArray()),
            Outcome = Outcome.Completed,
            Counts = new SnapshotCounts { Entries = 12345 },
            ParentSnapshotId = Accepted.ParentSnapshotId,
            SourcePath = "/data",
            AgentVersion = "1.0",
        };
    }

    /// <summary>A file of these chunks one after the other, sent as needed.</summary>
    public async Task<TreeEntry> FileAsync(string path, params byte[][] chunks)
    {
        ExtentListWriter extents = new(this);
        long offset = 0;
        foreach (byte[] chunk in chunks)
        {
            await extents.AddAsync(new Extent(offset, await AddAsync(chunk, CancellationToken.None), 0, chunk.Length), CancellationToken.None);
            offset += chunk.Length;
        }

        return File(path, offset) with { Content = await extents.FinishAsync(CancellationToken.None) };
    }

    public static TreeEntry File(string path, long size, params Extent[] extents) => new()
    {
        Path = Encoding.UTF8.GetBytes(path),
        Kind = EntryKind.File,
        Mode = 420,
        Size = size,
        Content = extents.Length == 0 ? FileContent.Empty : new FileContent { Inline = extents },
    };

    public static TreeEntry Directory(string path) => new() { Path = Encoding.UTF8.GetBytes(path), Kind = EntryKind.Directory, Mode = 493 };

    public static TreeEntry HardLink(string path, string first) =>
        new() { Path = Encoding.UTF8.GetBytes(path), Kind = EntryKind.HardLink, LinkTarget = Encoding.UTF8.GetBytes(first) };

    /// <summary>Asks for the commit and waits for it or for the refusal.</summary>
    public async Task<Committed> CommitAsync(Finish finish)
    {
        await SendAsync(new UploadRequest { Finish = finish });
        while (true)
        {
            UploadResponse response = await NextAsync();
            if (response.Committed is { } committed)
            {
                await Call;
                return committed;
            }
        }
    }

    /// <summary>Waits until everything sent so far is durable. Acknowledgements come with frames, so small ones are sent meanwhile.</summary>
    public async Task MakeDurableAsync()
    {
        ulong sent = _seq;
        for (Ack ack = new(); ack.DurableSeq < sent;)
        {
            await AddAsync(Guid.NewGuid().ToByteArray(), CancellationToken.None);
            ack = (await NextAsync()).Ack;
        }
    }

    /// <summary>The connection is lost.</summary>
    public async Task BreakAsync()
    {
        await _connection.CancelAsync();
        _requests.Complete(new IOException("The connection is lost."));
        await Call.ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await BreakAsync();
        _connection.Dispose();
    }

    private async Task RunAsync(TestStore store, TestCall call)
    {
        await Task.Yield();
        try
        {
            await store.Uploads.Send(_requests, _responses, call);
        }
        finally
        {
            _responses.Complete();
        }
    }
}
