using Google.Protobuf;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Upload;

/// <summary>A compressed frame on its way. Owns its payload buffer until it is written.</summary>
internal sealed record OutgoingFrame(
    FrameContent Content, Compression Compression, IReadOnlyList<ChunkId> Ids, IReadOnlyList<uint> Lengths, NativeBuffer Payload, int PayloadBytes)
{
    /// <summary>The message; it borrows the payload buffer, which may be reused once the message was written.</summary>
    public UploadRequest ToMessage(ulong seq)
    {
        byte[] ids = new byte[Ids.Count * ChunkId.Bytes];
        for (int i = 0; i < Ids.Count; i++)
        {
            Ids[i].CopyTo(ids.AsSpan(i * ChunkId.Bytes));
        }

        return new UploadRequest
        {
            Frame = new Frame
            {
                Seq = seq,
                Content = Content,
                Compression = Compression,
                ChunkIds = UnsafeByteOperations.UnsafeWrap(ids),
                Lengths = { Lengths },
                Payload = UnsafeByteOperations.UnsafeWrap(Payload.Memory[..PayloadBytes]),
            },
        };
    }
}
