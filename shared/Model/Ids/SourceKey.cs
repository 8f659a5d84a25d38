namespace K8sBackup.Model.Ids;

/// <summary>
/// Names a source over time: snapshots with the same key are successive states of the same thing.
/// Text form: <c>kind/name@node</c>, with <c>etcd</c>, <c>control-plane</c> and <c>volume</c> as kinds.
/// </summary>
public sealed record SourceKey(string Node, SourceKind Kind, string Name)
{
    /// <summary>The longest node or source name accepted, in characters (a DNS subdomain, RFC 1123).</summary>
    public const int NameLengthMax = 253;

    /// <summary>The word for a kind in text forms, CLI and plans.</summary>
    public static string KindName(SourceKind kind) => kind switch
    {
        SourceKind.Etcd => "etcd",
        SourceKind.ControlPlaneFiles => "control-plane",
        SourceKind.Volume => "volume",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of source."),
    };

    /// <summary>
    /// True when the text is usable as a node or source name: lower-case letters, digits, '-', '_' and '.',
    /// beginning and ending with a letter or digit. Names become parts of file and object names.
    /// </summary>
    public static bool IsName(string? text) =>
        text is { Length: > 0 and <= NameLengthMax }
        && IsAlphanumeric(text[0])
        && IsAlphanumeric(text[^1])
        && text.All(c => IsAlphanumeric(c) || c is '-' or '_' or '.');

    public override string ToString() => $"{KindName(Kind)}/{Name}@{Node}";

    private static bool IsAlphanumeric(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
