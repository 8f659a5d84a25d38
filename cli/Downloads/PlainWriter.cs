using K8sBackup.Model.Invariants;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;

namespace K8sBackup.Cli.Downloads;

/// <summary>
/// Writes the content of the one regular file of a download, its holes as zeros. Directories on the way to it are passed over; a second file,
/// or none, fails the download. One thread.
/// </summary>
internal sealed class PlainWriter : IArchiveWriter
{
    private static readonly byte[] Zeros = new byte[64 * 1024];

    private readonly Stream _output;
    private TreeEntry? _file;
    private bool _isOpen;
    private long _position;

    public PlainWriter(Stream output) => _output = output;

    public string? Refusal(TreeEntry entry) => entry.Kind is EntryKind.File or EntryKind.Directory ? null : $"no regular file ({entry.Kind})";

    public string? Change(TreeEntry entry) => null;

    /// <exception cref="BackupException">It is the second file.</exception>
    public ValueTask BeginAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        _isOpen = entry.Kind == EntryKind.File;
        if (_isOpen && _file is not null)
        {
            throw Unfit($"there is more than one file: {TreePath.Display(_file.Path)} and {TreePath.Display(entry.Path)}");
        }

        _file = _isOpen ? entry : _file;
        return ValueTask.CompletedTask;
    }

    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Invariant.Check(_isOpen && offset >= _position);
        await ZeroUntilAsync(offset, cancellationToken);
        await _output.WriteAsync(bytes, cancellationToken);
        _position += bytes.Length;
    }

    public ValueTask EndAsync(CancellationToken cancellationToken) => _isOpen ? ZeroUntilAsync(_file!.Size, cancellationToken) : ValueTask.CompletedTask;

    /// <exception cref="BackupException">There was no file.</exception>
    public async ValueTask FinishAsync(IReadOnlyList<SkippedEntry> skipped, CancellationToken cancellationToken)
    {
        if (_file is null)
        {
            throw Unfit(skipped.Count > 0 ? $"{skipped[0].Path} cannot: {skipped[0].Reason}" : "there is none");
        }

        await _output.FlushAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static BackupException Unfit(string cause) => new(
        FailureCause.InvalidRequest,
        $"Only one regular file can be downloaded as itself, and {cause}. Name its PATH, or take an archive: a FILE that ends in .tar or .zip, or --format.");

    private async ValueTask ZeroUntilAsync(long offset, CancellationToken cancellationToken)
    {
        while (_position < offset)
        {
            int count = (int)Math.Min(Zeros.Length, offset - _position);
            await _output.WriteAsync(Zeros.AsMemory(0, count), cancellationToken);
            _position += count;
        }
    }
}
