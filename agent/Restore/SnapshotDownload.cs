using K8sBackup.Agent.Download;
using K8sBackup.Agent.Session;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Model.Files;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Restore;

/// <summary>Brings the one file of an etcd snapshot onto disk, byte for byte.</summary>
internal static class SnapshotDownload
{
    /// <summary>Name of the file in an etcd snapshot's tree.</summary>
    public static ReadOnlySpan<byte> FileName => "snapshot.db"u8;

    /// <summary>Writes the file and syncs it; the result is its length.</summary>
    /// <exception cref="BackupException">The stream is not one of an etcd snapshot, or there is no room.</exception>
    public static async Task<long> RunAsync(RestoreFeed feed, ChunkDecoder decoder, string path, WorkMeter meter, CancellationToken cancellationToken)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using FileStream file = new(path, options);
        Entry? entry = null;
        while (await feed.NextAsync(cancellationToken) is { } item)
        {
            switch (item.ItemCase)
            {
                case RestoreItem.ItemOneofCase.Entry when item.Entry.Kind == EntryKind.File && item.Entry.Path.Span.SequenceEqual(FileName):
                    entry = item.Entry;
                    // The snapshot itself, besides what the builder needs.
                    DataDirSpace.Require(Path.GetDirectoryName(path)!, entry.Size + (entry.Size / 2), DataDirSpace.AvailableBytes(Path.GetDirectoryName(path)!));
                    meter.SetTotals(entry.Size, 1);
                    file.SetLength(entry.Size);
                    break;
                case RestoreItem.ItemOneofCase.Data when entry is not null && item.Data.FileOffset <= entry.Size - item.Data.Take:
                    RandomAccess.Write(file.SafeFileHandle, decoder.Decode(item.Data).Span, item.Data.FileOffset);
                    meter.AddBytes(item.Data.Take);
                    break;
                case RestoreItem.ItemOneofCase.Loss:
                    throw new BackupException(FailureCause.StoreCorrupt, $"The etcd snapshot cannot be read: {item.Loss.Reason}");
                case RestoreItem.ItemOneofCase.Data:
                    throw new BackupException(FailureCause.ProtocolViolation, "The restore stream has data that belongs to no etcd snapshot.");
                default:
                    break;
            }
        }

        DiskSync.Sync(file);
        meter.AddFile();
        return entry?.Size ?? throw new BackupException(FailureCause.StoreCorrupt, "The snapshot holds no etcd database.");
    }
}
