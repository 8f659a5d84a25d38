using K8sBackup.Cli.Terminal;
using K8sBackup.Cli.Watching;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Restoring;
using K8sBackup.Model.Files;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Restoring;

namespace K8sBackup.Cli.Rescue;

/// <summary>Brings the snapshot out of the store for <see cref="MemberRestore"/>, and tells the person at the terminal where it is.</summary>
internal sealed class EtcdRescue : IMemberRestoreSteps
{
    private static readonly byte[] FileName = "snapshot.db"u8.ToArray();

    private readonly CliContext _context;
    private readonly Func<CancellationToken, IAsyncEnumerable<ContentItem>> _contents;

    public EtcdRescue(CliContext context, Func<CancellationToken, IAsyncEnumerable<ContentItem>> contents)
    {
        _context = context;
        _contents = contents;
    }

    public void FoundUnfinishedSwap(SwapPhase phase) =>
        _context.Error.WriteLine($"An earlier rescue was interrupted within its swap ({phase}); it is finished first.");

    public void Begin(string phase) => _context.Error.WriteLine($"{char.ToUpperInvariant(phase[0])}{phase[1..]}...");

    public async Task FetchAsync(string path, CancellationToken cancellationToken)
    {
        await using FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        TransferLine line = new(_context, "snapshot");
        try
        {
            if (!await CopyAsync(file, line, cancellationToken))
            {
                throw new BackupException(FailureCause.StoreCorrupt, "The snapshot holds no etcd database.");
            }
        }
        finally
        {
            line.Clear();
        }

        DiskSync.Sync(file);
    }

    public void BeforeSwap(MemberRestoreResult result)
    {
        // Whoever runs a rescue reads the result from the screen, and finds the journal in the data-dir.
    }

    public void RollingBack(string cause) => _context.Error.WriteLine($"The swap failed and is rolled back: {Printable.Text(cause)}");

    private async Task<bool> CopyAsync(FileStream file, TransferLine line, CancellationToken cancellationToken)
    {
        bool found = false;
        long copied = 0;
        await foreach (ContentItem item in _contents(cancellationToken))
        {
            switch (item.Kind)
            {
                case ContentItemKind.Entry when item.Entry!.Kind == EntryKind.File && item.Entry.Path.AsSpan().SequenceEqual(FileName):
                    found = true;
                    string directory = Path.GetDirectoryName(file.Name)!;
                    // The snapshot itself, besides what the builder needs.
                    DataDirSpace.Require(directory, item.Entry.Size + (item.Entry.Size / 2), DataDirSpace.AvailableBytes(directory));
                    file.SetLength(item.Entry.Size);
                    break;
                case ContentItemKind.Data:
                    RandomAccess.Write(file.SafeFileHandle, item.Bytes.Span, item.Extent.FileOffset);
                    copied += item.Extent.Length;
                    line.Update(1, copied);
                    break;
                case ContentItemKind.Loss:
                    throw new BackupException(FailureCause.StoreCorrupt, $"The etcd snapshot cannot be read: {item.Loss!.Text}");
                default:
                    break;
            }
        }

        return found;
    }
}
