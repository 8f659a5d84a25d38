using System.Buffers.Binary;

namespace K8sBackup.Etcd.Bolt;

/// <summary>Collects the elements of one leaf or branch page and lays them out; the buffer is reused from page to page.</summary>
internal sealed class PageImage
{
    private readonly bool _leaf;
    private readonly List<Element> _elements = [];
    private byte[] _data = new byte[BoltFormat.PageBytesMax];
    private byte[] _image = [];
    private int _dataBytes;

    public PageImage(bool leaf)
    {
        _leaf = leaf;
    }

    public int Count => _elements.Count;

    /// <summary>Bytes the page would use, header and element table included.</summary>
    public int UsedBytes => BoltFormat.PageHeaderBytes + (_elements.Count * BoltFormat.ElementBytes) + _dataBytes;

    public ReadOnlySpan<byte> FirstKey => _data.AsSpan(0, _elements[0].KeyBytes);

    public void AddLeaf(uint flags, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _elements.Add(new Element(flags, key.Length, value.Length));
        AppendData(key);
        AppendData(value);
    }

    public void AddBranch(ReadOnlySpan<byte> key, ulong child)
    {
        _elements.Add(new Element(child, key.Length, 0));
        AppendData(key);
    }

    /// <summary>Writes the page to the sink, empties this image and returns the page's id.</summary>
    public ulong WriteTo(PageSink sink)
    {
        var pages = (UsedBytes + sink.PageSize - 1) / sink.PageSize;
        var bytes = pages * sink.PageSize;
        if (_image.Length < bytes)
        {
            _image = new byte[bytes];
        }

        var image = _image.AsSpan(0, bytes);
        var id = sink.NextPage;
        BinaryPrimitives.WriteUInt64LittleEndian(image, id);
        BinaryPrimitives.WriteUInt16LittleEndian(image[8..], _leaf ? BoltFormat.LeafFlag : BoltFormat.BranchFlag);
        BinaryPrimitives.WriteUInt16LittleEndian(image[10..], (ushort)_elements.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(image[12..], (uint)(pages - 1));
        WriteElements(image);
        var dataStart = BoltFormat.PageHeaderBytes + (_elements.Count * BoltFormat.ElementBytes);
        _data.AsSpan(0, _dataBytes).CopyTo(image[dataStart..]);
        image[UsedBytes..].Clear();
        sink.Append(image);
        _elements.Clear();
        _dataBytes = 0;
        return id;
    }

    private void WriteElements(Span<byte> image)
    {
        var data = BoltFormat.PageHeaderBytes + (_elements.Count * BoltFormat.ElementBytes);
        for (var i = 0; i < _elements.Count; i++)
        {
            var element = _elements[i];
            var at = BoltFormat.PageHeaderBytes + (i * BoltFormat.ElementBytes);
            var target = image.Slice(at, BoltFormat.ElementBytes);
            var pos = (uint)(data - at);
            if (_leaf)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)element.FlagsOrChild);
                BinaryPrimitives.WriteUInt32LittleEndian(target[4..], pos);
                BinaryPrimitives.WriteUInt32LittleEndian(target[8..], (uint)element.KeyBytes);
                BinaryPrimitives.WriteUInt32LittleEndian(target[12..], (uint)element.ValueBytes);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(target, pos);
                BinaryPrimitives.WriteUInt32LittleEndian(target[4..], (uint)element.KeyBytes);
                BinaryPrimitives.WriteUInt64LittleEndian(target[8..], element.FlagsOrChild);
            }

            data += element.KeyBytes + element.ValueBytes;
        }
    }

    private void AppendData(ReadOnlySpan<byte> bytes)
    {
        if (_data.Length - _dataBytes < bytes.Length)
        {
            Array.Resize(ref _data, Math.Max(_data.Length * 2, _dataBytes + bytes.Length));
        }

        bytes.CopyTo(_data.AsSpan(_dataBytes));
        _dataBytes += bytes.Length;
    }

    private readonly record struct Element(ulong FlagsOrChild, int KeyBytes, int ValueBytes);
}
