namespace K8sBackup.Model.Patterns;

/// <summary>A pattern for one name: what is between two slashes of a <see cref="PathPattern"/>.</summary>
internal sealed class NamePattern
{
    // Any run of bytes, the empty one included.
    private static readonly ByteSet _run = new();
    private static readonly NamePattern _nothing = new([], isPossible: false);

    private readonly ByteSet[] _sets;
    private readonly byte[]? _literal;

    private NamePattern(ByteSet[] sets, bool isPossible)
    {
        // "*.log" and plain names are what people write: a comparison each.
        bool isSuffix = sets.Length > 0 && ReferenceEquals(sets[0], _run);
        ByteSet[] rest = isSuffix ? sets[1..] : sets;
        _literal = rest.All(set => set.Single is not null) ? [.. rest.Select(set => set.Single!.Value)] : null;
        _sets = sets;
        IsPossible = isPossible && !(_literal is [(byte)'.'] or [(byte)'.', (byte)'.'] && !isSuffix);
    }

    /// <summary>False when no name can fit: malformed, empty, "." or "..".</summary>
    public bool IsPossible { get; }

    /// <summary>The one name that fits; null when there may be several.</summary>
    public byte[]? Exact => IsPossible && _literal?.Length == _sets.Length ? _literal : null;

    /// <summary>The components of a path's pattern, null for "**"; all of it fits nothing when a part is malformed.</summary>
    public static IReadOnlyList<NamePattern?> ParsePath(ReadOnlySpan<byte> pattern)
    {
        List<NamePattern?> components = [];
        List<ByteSet> sets = [];
        int stars = 0;
        for (int i = 0; i <= pattern.Length; i++)
        {
            if (i == pattern.Length || pattern[i] == (byte)'/' || (pattern[i..].StartsWith("\\/"u8) && ++i > 0))
            {
                components.Add(stars >= 2 && sets.All(set => ReferenceEquals(set, _run)) ? null : new NamePattern([.. sets], sets.Count > 0));
                sets.Clear();
                stars = 0;
            }
            else if (pattern[i] == (byte)'*')
            {
                stars++;
                if (sets.Count == 0 || !ReferenceEquals(sets[^1], _run))
                {
                    sets.Add(_run);
                }
            }
            else if (ReadSet(pattern, ref i) is { } set)
            {
                sets.Add(set);
            }
            else
            {
                return [_nothing];
            }
        }

        return components;
    }

    public bool Fits(ReadOnlySpan<byte> name)
    {
        if (!IsPossible || _literal is not null)
        {
            return IsPossible && (_literal!.Length == _sets.Length ? name.SequenceEqual(_literal) : name.EndsWith(_literal));
        }

        (int set, int at) = (0, 0);
        (int Set, int At) back = (-1, 0);
        while (at < name.Length)
        {
            if (set < _sets.Length && ReferenceEquals(_sets[set], _run))
            {
                back = (++set, at);
            }
            else if (set < _sets.Length && _sets[set].Has(name[at]))
            {
                (set, at) = (set + 1, at + 1);
            }
            else if (back.Set >= 0)
            {
                back = (back.Set, back.At + 1);
                (set, at) = back;
            }
            else
            {
                return false;
            }
        }

        return set == _sets.Length || (set == _sets.Length - 1 && ReferenceEquals(_sets[set], _run));
    }

    // The set of bytes at i, which is left on its last byte; null when it is malformed.
    private static ByteSet? ReadSet(ReadOnlySpan<byte> pattern, ref int i)
    {
        switch (pattern[i])
        {
            case (byte)'\\':
                return ++i < pattern.Length ? ByteSet.Of(pattern[i]) : null;
            case (byte)'?':
                return ByteSet.All;
            case (byte)'[':
                return ByteClass.Read(pattern, ref i);
            default:
                return ByteSet.Of(pattern[i]);
        }
    }
}
