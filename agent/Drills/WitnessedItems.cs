using System.Security.Cryptography;
using K8sBackup.Agent.Download;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Drills;

/// <summary>
/// Passes the items of a restore on and remembers what the files in them are. A chunk's bytes are hashed against its id in the repository
/// before they count. Memory: a hash for each piece of the sample, which the coordinator bounds.
/// </summary>
internal sealed class WitnessedItems : IRestoreItems
{
    // The coordinator sends 64 MiB at most, in pieces that are rarely below 4 KiB.
    private const int PiecesMax = 1 << 18;

    private readonly IRestoreItems _items;
    private readonly ChunkDecoder _decoder;
    private readonly List<RestoredFile> _files = [];
    private RestoredFile? _current;
    private int _pieces;

    public WitnessedItems(IRestoreItems items, ChunkDecoder decoder)
    {
        _items = items;
        _decoder = decoder;
    }

    public IReadOnlyList<RestoredFile> Files => _files;

    public async ValueTask<RestoreItem?> NextAsync(CancellationToken cancellationToken)
    {
        RestoreItem? item = await _items.NextAsync(cancellationToken);
        switch (item?.ItemCase)
        {
            case RestoreItem.ItemOneofCase.Entry when item.Entry.Kind == EntryKind.File:
                _current = new RestoredFile(item.Entry.Path.ToByteArray(), item.Entry.Size);
                _files.Add(_current);
                break;
            case RestoreItem.ItemOneofCase.Data when _current is not null:
                Note(item.Data, _current);
                break;
            case RestoreItem.ItemOneofCase.End:
                _current = null;
                break;
            default:
                break;
        }

        return item;
    }

    private void Note(Data data, RestoredFile file)
    {
        if (++_pieces > PiecesMax)
        {
            throw new InvalidDataException($"the sample has more than {PiecesMax} pieces");
        }

        file.Pieces.Add(new RestoredPiece(data.FileOffset, data.Take, SHA256.HashData(_decoder.Decode(data).Span)));
    }
}
