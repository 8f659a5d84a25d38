using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Copying;

/// <summary>Proves that the bytes of an object are those that were sealed under its name, so that damage is never copied.</summary>
internal static class SealProof
{
    /// <exception cref="RepositoryCorruptException">They are not.</exception>
    public static async Task PackAsync(MasterKeys keys, string name, ReadOnlyMemory<byte> content)
    {
        if (!ObjectNames.TryParsePack(name, out ObjectId id))
        {
            throw new RepositoryCorruptException(RepositoryDamage.Misplaced, name, "is no name of a pack");
        }

        PackDirectory directory = await PackReader.ReadDirectoryAsync(
            (offset, length) => Task.FromResult(content.Slice((int)offset, length).ToArray()), keys, id, content.Length);
        using ObjectSealer sealer = ObjectSealer.Create(keys, directory.Header, name);
        byte[] plaintext = new byte[directory.Frames.Max(f => f.SealedBytes)];
        for (int i = 0; i < directory.Frames.Count; i++)
        {
            PackFrame frame = directory.Frames[i];
            if (!sealer.TryOpen((uint)i, 0, content.Span.Slice(frame.Offset, frame.SealedBytes), plaintext))
            {
                throw new RepositoryCorruptException(
                    RepositoryDamage.NotAuthentic, name, $"frame {i} at {frame.Offset} is not the one that was sealed");
            }
        }
    }

    /// <summary>Proves an object of one sealed part.</summary>
    /// <exception cref="RepositoryCorruptException">It is not what was sealed.</exception>
    public static void Sealed(MasterKeys keys, ObjectType type, ObjectId id, string name, ReadOnlyMemory<byte> content) =>
        SealedObject.Open(keys, type, id, name, content.ToArray());
}
