namespace K8sBackup.Etcd.Browsing;

/// <summary>A stretch of the key space in byte order.</summary>
/// <param name="Start">First key of the stretch; empty for the beginning.</param>
/// <param name="End">First key behind it; null when it has no end.</param>
public sealed record KeyRange(ReadOnlyMemory<byte> Start, ReadOnlyMemory<byte>? End)
{
    /// <summary>Every key.</summary>
    public static readonly KeyRange All = new(ReadOnlyMemory<byte>.Empty, null);

    /// <summary>The one key.</summary>
    public static KeyRange Only(ReadOnlySpan<byte> key) => new(key.ToArray(), (byte[])[.. key, 0]);

    /// <summary>All keys that begin with these bytes.</summary>
    public static KeyRange Prefix(ReadOnlySpan<byte> prefix)
    {
        // The end is the prefix with its last byte that can grow grown by one; nothing follows a prefix of 0xff only.
        var last = prefix.LastIndexOfAnyExcept((byte)0xff);
        if (last < 0)
        {
            return new KeyRange(prefix.ToArray(), null);
        }

        var end = prefix[..(last + 1)].ToArray();
        end[last]++;
        return new KeyRange(prefix.ToArray(), end);
    }

    /// <summary>True when the key lies inside.</summary>
    public bool Contains(ReadOnlySpan<byte> key) =>
        key.SequenceCompareTo(Start.Span) >= 0 && (End is not { } end || key.SequenceCompareTo(end.Span) < 0);
}
