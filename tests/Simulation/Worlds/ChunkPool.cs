using System.Text;

namespace K8sBackup.Simulation.Worlds;

/// <summary>The contents all files of a world are made of.</summary>
internal sealed class ChunkPool
{
    private readonly byte[][] _chunks;

    public ChunkPool(int seed, int count, int bytesMax)
    {
        Random random = new(seed);
        _chunks = [.. Enumerable.Range(0, count).Select(number => Make(random, number, bytesMax))];
    }

    public int Count => _chunks.Length;

    public byte[] this[int number] => _chunks[number];

    private static byte[] Make(Random random, int number, int bytesMax)
    {
        byte[] chunk = new byte[random.Next(40, random.Next(4) == 0 ? bytesMax : 2_000)];
        if (number % 2 == 0)
        {
            random.NextBytes(chunk);
        }
        else
        {
            chunk.AsSpan().Fill((byte)'x');
            Encoding.ASCII.GetBytes($"text {number} ", chunk.AsSpan(0, 16));
        }

        return chunk;
    }
}
