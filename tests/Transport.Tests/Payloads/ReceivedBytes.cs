using System.Buffers;
using Grpc.Core;

namespace K8sBackup.Transport.Tests.Payloads;

/// <summary>A received message in pieces, as receive buffers hold it.</summary>
internal sealed class ReceivedBytes(byte[] message, int pieceBytes) : DeserializationContext
{
    public override int PayloadLength => message.Length;

    public override byte[] PayloadAsNewBuffer() => [.. message];

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence()
    {
        Piece first = new(message.AsMemory(0, Math.Min(pieceBytes, message.Length)), 0);
        Piece last = first;
        for (int at = pieceBytes; at < message.Length; at += pieceBytes)
        {
            last = last.Append(message.AsMemory(at, Math.Min(pieceBytes, message.Length - at)));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long at) => (Memory, RunningIndex) = (memory, at);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            Piece next = new(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
