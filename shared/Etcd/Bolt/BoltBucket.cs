namespace K8sBackup.Etcd.Bolt;

/// <summary>A bucket as found in its parent: where its tree starts, or the whole tree when it is stored inline.</summary>
/// <param name="Name">Name in the parent bucket; empty for the root bucket.</param>
/// <param name="RootPage">Page of the tree's root; 0 when the bucket is inline.</param>
/// <param name="Sequence">The bucket's sequence number, kept when copying.</param>
/// <param name="InlinePage">Image of the only leaf page of an inline bucket, else empty.</param>
/// <param name="HomePage">Page that holds the bucket's header, named in errors about an inline bucket.</param>
public sealed record BoltBucket(
    ReadOnlyMemory<byte> Name,
    ulong RootPage,
    ulong Sequence,
    ReadOnlyMemory<byte> InlinePage,
    ulong HomePage)
{
    /// <summary>True when the entries live in the parent's leaf element.</summary>
    public bool IsInline => RootPage == 0;

    /// <summary>True when the bucket bears exactly this name.</summary>
    public bool IsNamed(ReadOnlySpan<byte> name) => Name.Span.SequenceEqual(name);
}
