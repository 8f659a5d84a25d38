using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>
/// Takes uploads as the contract says, checks every rule the agent must keep, and keeps chunks in memory. Faults are data:
/// break after so many frames, hold acknowledgements back, refuse.
/// </summary>
public sealed class FakeUpload : Transport.V1.Upload.UploadBase, IChunkSource
{
    private readonly ConcurrentDictionary<ChunkId, byte[]> _chunks = new();
    private readonly ConcurrentDictionary<ChunkId, byte> _durableOfWork = new();

    public byte[] CutterKey { get; } = new byte[32];

    public long WindowBytes { get; set; } = 8 * 1024 * 1024;

    public string ParentSnapshotId { get; set; } = "";

    public List<ParentEntry> Parent { get; } = [];

    public ConcurrentQueue<Finish> Finished { get; } = new();

    public ConcurrentQueue<string> Violations { get; } = new();

    /// <summary>For each coming attempt: break it with UNAVAILABLE after this many frames.</summary>
    public ConcurrentQueue<int> BreakAfterFrames { get; } = new();

    /// <summary>Answers the next attempts with this instead.</summary>
    public ConcurrentQueue<Status> Refusals { get; } = new();

    /// <summary>Acknowledgements wait for this.</summary>
    public Task AcknowledgeAfter { get; set; } = Task.CompletedTask;

    public int Attempts => Volatile.Read(ref _attempts);

    public int FramesSent => Volatile.Read(ref _frames);

    public int ParentReads => Volatile.Read(ref _parentReads);

    public long InFlightMax { get; private set; }

    public ICollection<ChunkId> Chunks => _chunks.Keys;

    private int _attempts;
    private int _frames;
    private int _parentReads;

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(ChunkId id, CancellationToken cancellationToken) => new(_chunks[id]);

    public override async Task Send(
        IAsyncStreamReader<UploadRequest> requestStream, IServerStreamWriter<UploadResponse> responseStream, ServerCallContext context)
    {
        Interlocked.Increment(ref _attempts);
        if (Refusals.TryDequeue(out Status status))
        {
            throw new RpcException(status);
        }

        await requestStream.MoveNext(context.CancellationToken);
        Require(requestStream.Current.Header is not null, "the first message is no header");
        Accepted accepted = new() { WindowBytes = WindowBytes, CutterKey = ByteString.CopyFrom(CutterKey), ParentSnapshotId = ParentSnapshotId };
        await responseStream.WriteAsync(new UploadResponse { Accepted = accepted });
        byte[] known = [.. _durableOfWork.Keys.SelectMany(id => id.ToArray())];
        await responseStream.WriteAsync(new UploadResponse { Known = new KnownChunks { ChunkIds = ByteString.CopyFrom(known), Last = true } });
        int left = BreakAfterFrames.TryDequeue(out int frames) ? frames : int.MaxValue;
        ulong seq = 0;
        long inFlight = 0;
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            UploadRequest request = requestStream.Current;
            if (request.Finish is { } finish)
            {
                Require(_chunks.ContainsKey(new ChunkId(finish.Root.Span)), "the root was not sent");
                Finished.Enqueue(finish);
                await responseStream.WriteAsync(new UploadResponse { Committed = new Committed { SnapshotId = SnapshotId.Create(TimeProvider.System).ToString() } });
                return;
            }

            Require(request.Frame.Seq == ++seq, "frames are out of sequence");
            Interlocked.Increment(ref _frames);
            Keep(request.Frame);
            inFlight += request.Frame.Payload.Length;
            InFlightMax = Math.Max(InFlightMax, inFlight);
            if (--left <= 0)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "The store went away."));
            }

            if (AcknowledgeAfter.IsCompleted)
            {
                inFlight = 0;
                await responseStream.WriteAsync(new UploadResponse { Ack = new Ack { ReceivedSeq = seq, DurableSeq = seq } });
            }
            else if (inFlight + (2 * 1024 * 1024) > WindowBytes)
            {
                await AcknowledgeAfter;
                inFlight = 0;
                await responseStream.WriteAsync(new UploadResponse { Ack = new Ack { ReceivedSeq = seq, DurableSeq = seq } });
            }
        }
    }

    public override async Task ReadParent(ReadParentRequest request, IServerStreamWriter<ParentMessage> responseStream, ServerCallContext context)
    {
        Interlocked.Increment(ref _parentReads);
        foreach (ParentEntry[] part in Parent.Chunk(100))
        {
            await responseStream.WriteAsync(new ParentMessage { Entries = { part } });
        }
    }

    private void Keep(Frame frame)
    {
        byte[] plaintext = new byte[frame.Lengths.Sum(length => length)];
        if (frame.Compression == Compression.Zstd)
        {
            Zstd.Decompress(frame.Payload.Span, plaintext);
        }
        else
        {
            frame.Payload.CopyTo(plaintext, 0);
        }

        Require(frame.Lengths.Count == 1 || plaintext.Length <= 512 * 1024, "a shared frame is too large");
        Require(frame.Lengths.Count == 1 || frame.Lengths.All(length => length < 128 * 1024), "a large chunk shares a frame");
        int at = 0;
        for (int i = 0; i < frame.Lengths.Count; i++)
        {
            byte[] chunk = plaintext[at..(at + (int)frame.Lengths[i])];
            ChunkId id = new(frame.ChunkIds.Span.Slice(i * ChunkId.Bytes, ChunkId.Bytes));
            Require(ChunkId.Of(chunk) == id, "a chunk does not hash to its id");
            Require(_durableOfWork.TryAdd(id, 0), $"chunk {id} was sent twice");
            _chunks[id] = chunk;
            at += chunk.Length;
        }
    }

    /// <summary>Forgets which chunks belong to the work, as for the next run; the chunks stay in the store.</summary>
    public void BeginNextWork() => _durableOfWork.Clear();

    private void Require(bool condition, string violation)
    {
        if (!condition)
        {
            Violations.Enqueue(violation);
            throw new RpcException(new Status(StatusCode.InvalidArgument, violation));
        }
    }
}
