using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Simulation.Sabotages;

/// <summary>I5: reads chunks as production does, but deciphers without looking at the tag and hashes nothing.</summary>
internal sealed class CredulousReader(OpenRepository repository) : IChunkSource
{
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(ChunkId id, CancellationToken cancellationToken)
    {
        ChunkLocation location = repository.Locate(id);
        FrameLocation frame = repository.Index.Frame(location.Frame);
        byte[] bytes = await PackReader.ReadRangeAsync(repository.Store, frame.ObjectName, frame.Offset, frame.SealedBytes, cancellationToken);
        byte[] payload = Decipher(frame, bytes.AsSpan(..^ObjectSealer.TagBytes));
        byte[] plaintext = new byte[frame.PlainBytes];
        if (frame.Encoding == FrameEncoding.Raw)
        {
            payload.CopyTo(plaintext, 0);
        }
        else
        {
            DecompressLeniently(payload, plaintext);
        }

        return plaintext.AsMemory(location.Offset, location.Length);
    }

    private static void DecompressLeniently(byte[] payload, byte[] plaintext)
    {
        try
        {
            Zstd.Decompress(payload, plaintext);
        }
        catch (DecompressionException)
        {
            // Who does not authenticate takes what comes.
        }
    }

    // AES-GCM without its authentication is AES in counter mode, beginning at 2.
    private byte[] Decipher(FrameLocation frame, ReadOnlySpan<byte> sealedPayload)
    {
        repository.Keys.TryGetDataKey(frame.Header.Epoch, out ReadOnlySpan<byte> source);
        byte[] key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, source, key, frame.Header.Salt, Encoding.ASCII.GetBytes($"k8sbackup/v1 object {(uint)frame.Header.Type:x8}"));
        using Aes aes = Aes.Create();
        aes.Key = key;
        byte[] counter = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(counter, frame.Part);
        byte[] payload = sealedPayload.ToArray();
        for (int block = 0; block * 16 < payload.Length; block++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(counter.AsSpan(12), (uint)block + 2);
            byte[] pad = aes.EncryptEcb(counter, PaddingMode.None);
            for (int i = 0; i < 16 && (block * 16) + i < payload.Length; i++)
            {
                payload[(block * 16) + i] ^= pad[i];
            }
        }

        return payload;
    }
}
