using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Downloads;

/// <summary>The plaintext of a chunk as the coordinator sends it.</summary>
internal static class ChunkPayload
{
    /// <summary>Decompresses the chunk and checks that it hashes to its id and that the part asked for lies within it.</summary>
    /// <exception cref="BackupException">It does not.</exception>
    public static ReadOnlyMemory<byte> Open(Data data)
    {
        if (data.ChunkLength is < 1 or > MessageLimits.ChunkBytesMax || data.Skip < 0 || data.Take > data.ChunkLength - data.Skip || data.ChunkId.Length != ChunkId.Bytes)
        {
            throw Damaged("its lengths make no sense");
        }

        ReadOnlyMemory<byte> plaintext = data.Compression switch
        {
            Compression.None => data.Payload.Memory,
            Compression.Zstd => Decompress(data.Payload.Span, data.ChunkLength),
            _ => throw Damaged("its compression is not known"),
        };
        return plaintext.Length == data.ChunkLength && ChunkId.Of(plaintext.Span).Equals(new ChunkId(data.ChunkId.Span))
            ? plaintext
            : throw Damaged("it does not hash to its id");
    }

    private static byte[] Decompress(ReadOnlySpan<byte> payload, int length)
    {
        byte[] plaintext = new byte[length];
        try
        {
            Zstd.Decompress(payload, plaintext);
            return plaintext;
        }
        catch (DecompressionException e)
        {
            throw Damaged($"it does not decompress: {e.Message}");
        }
    }

    private static BackupException Damaged(string why) => new(FailureCause.StoreCorrupt, $"A chunk came damaged from the coordinator: {why}.");
}
