using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace K8sBackup.Chunking.ContentDefined;

/// <summary>
/// Finds chunk ends from content: a Gear hash (h = 2h + table[byte], 64-bit) over the last 64 bytes, cut where it is
/// below a threshold, which is strict before the normal size and lenient after it (normalised chunking, a factor of
/// four each way). Whether a place is a cut depends on the 64 bytes before it and the distance from the chunk's
/// start alone, so cuts never depend on buffering and come back in step soon after an edit. Immutable and thread-safe.
/// </summary>
public sealed class ContentDefinedCutter
{
    // A bit added by one byte is shifted out after 64 further bytes.
    private const int WindowBytes = 64;

    // Each way, in bits; level 2 of the FastCDC paper.
    private const int NormalisationBits = 2;

    private readonly ulong[] _table;
    private readonly ulong _strictThreshold;
    private readonly ulong _lenientThreshold;

    /// <summary>A cutter for one repository and one class of files.</summary>
    /// <param name="key">The repository's 32-byte cutter key.</param>
    /// <param name="sizes">The sizes to aim at.</param>
    /// <exception cref="ArgumentException">The key's length or the sizes make no sense.</exception>
    public ContentDefinedCutter(ReadOnlySpan<byte> key, CutterSizes sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        bool ordered = sizes.BytesMin >= WindowBytes && sizes.BytesMin < sizes.BytesNormal && sizes.BytesNormal < sizes.BytesMax;
        if (!ordered || !BitOperations.IsPow2(sizes.BytesNormal))
        {
            throw new ArgumentException($"Not usable as chunk sizes: {sizes}.", nameof(sizes));
        }

        Sizes = sizes;
        _table = GearTable.Derive(key);
        int bits = BitOperations.Log2((uint)sizes.BytesNormal);
        // The highest bits are the ones every byte of the window has reached.
        _strictThreshold = 1UL << (64 - bits - NormalisationBits);
        _lenientThreshold = 1UL << (64 - bits + NormalisationBits);
    }

    /// <summary>The sizes cuts keep to.</summary>
    public CutterSizes Sizes { get; }

    /// <summary>Length of the chunk that begins at the start of <paramref name="data"/>.</summary>
    /// <param name="data">
    /// What is known from the chunk's start on. <see cref="CutterSizes.BytesMax"/> bytes always decide; with fewer,
    /// a call that returns 0 is repeated from the start, so hand over as much as there is.
    /// </param>
    /// <param name="final">True when nothing follows: the rest is then a chunk however short.</param>
    /// <returns>1 to <see cref="CutterSizes.BytesMax"/>; 0 when more data is needed, or when there is none at the end.</returns>
    public int NextCut(ReadOnlySpan<byte> data, bool final)
    {
        int length = Math.Min(data.Length, Sizes.BytesMax);
        int cut = length > Sizes.BytesMin ? Scan(data[..length]) : 0;
        if (cut > 0)
        {
            return cut;
        }

        return final || length == Sizes.BytesMax ? length : 0;
    }

    private int Scan(ReadOnlySpan<byte> data)
    {
        ref ulong table = ref MemoryMarshal.GetArrayDataReference(_table);
        ulong hash = 0;
        foreach (byte b in data.Slice(Sizes.BytesMin - WindowBytes, WindowBytes))
        {
            hash = (hash << 1) + Unsafe.Add(ref table, (nint)b);
        }

        int normal = Math.Min(data.Length, Sizes.BytesNormal);
        int cut = ScanPart(data, Sizes.BytesMin, normal, ref hash, _strictThreshold);
        return cut > 0 ? cut : ScanPart(data, normal, data.Length, ref hash, _lenientThreshold);
    }

    // Eight steps per turn; a cut ends after the byte that brought the hash below the threshold.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int ScanPart(ReadOnlySpan<byte> data, int start, int end, ref ulong state, ulong threshold)
    {
        ref ulong table = ref MemoryMarshal.GetArrayDataReference(_table);
        ref byte bytes = ref MemoryMarshal.GetReference(data);
        ulong hash = state;
        nint i = start;
        for (; i <= end - 8; i += 8)
        {
            ulong h0 = (hash << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref bytes, i));
            ulong h1 = (h0 << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref bytes, i + 1));
            ulong h2 = (h1 << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref bytes, i + 2));
            ulong h3 = (h2 << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref bytes, i + 3));
            ulong h4 = (h3 << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref bytes, i + 4));
            ulong h5 = (h4 << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref bytes, i + 5));
            ulong h6 = (h5 << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref bytes, i + 6));
            ulong h7 = (h6 << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref bytes, i + 7));
            if (h0 < threshold | h1 < threshold | h2 < threshold | h3 < threshold
                | h4 < threshold | h5 < threshold | h6 < threshold | h7 < threshold)
            {
                break;
            }

            hash = h7;
        }

        for (; i < end; i++)
        {
            hash = (hash << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref bytes, i));
            if (hash < threshold)
            {
                return (int)i + 1;
            }
        }

        state = hash;
        return 0;
    }
}
