namespace K8sBackup.Etcd.Bolt;

/// <summary>
/// One level of branches above the pages of a tree. Children arrive in key order; a branch is written when it is full and
/// two further children are waiting, so that no branch is left with a single child.
/// </summary>
internal sealed class BranchLevel
{
    private const int ChildrenMin = 2;
    private readonly PageImage _image = new(leaf: false);
    private readonly List<(byte[] Key, ulong Page)> _waiting = [];

    public (byte[] Key, ulong Page)? Add(PageSink sink, int fillBytes, byte[] key, ulong page)
    {
        _waiting.Add((key, page));
        var fit = CountThatFit(fillBytes);
        return _waiting.Count - fit >= ChildrenMin ? Write(sink, fit) : null;
    }

    /// <summary>Writes what is left, as one or two branches, and hands each to <paramref name="emit"/>.</summary>
    public void Finish(PageSink sink, int fillBytes, Action<byte[], ulong> emit)
    {
        while (_waiting.Count > 0)
        {
            var fit = CountThatFit(fillBytes);

            // A lone child at the end joins the branch before it, which may then pass the fill mark and, with huge keys, overflow.
            var written = Write(sink, _waiting.Count - fit < ChildrenMin ? _waiting.Count : fit);
            emit(written.Key, written.Page);
        }
    }

    private int CountThatFit(int fillBytes)
    {
        var used = BoltFormat.PageHeaderBytes;
        for (var i = 0; i < _waiting.Count; i++)
        {
            used += BoltFormat.ElementBytes + _waiting[i].Key.Length;
            if (used > fillBytes && i >= ChildrenMin)
            {
                return i;
            }
        }

        return _waiting.Count;
    }

    private (byte[] Key, ulong Page) Write(PageSink sink, int count)
    {
        var first = _waiting[0].Key;
        for (var i = 0; i < count; i++)
        {
            _image.AddBranch(_waiting[i].Key, _waiting[i].Page);
        }

        _waiting.RemoveRange(0, count);
        return (first, _image.WriteTo(sink));
    }
}
