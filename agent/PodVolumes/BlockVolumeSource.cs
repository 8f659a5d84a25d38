using Google.Protobuf;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes;
using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using EntryKind = K8sBackup.Model.Trees.EntryKind;
using EntryState = K8sBackup.Model.Trees.EntryState;
using SnapshotCounts = K8sBackup.Model.Manifests.SnapshotCounts;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>
/// A raw block volume as a source: a tree of one file with the device's bytes. Runs of zeros are holes of the file. The device is in
/// use meanwhile; writes that the kernel counted are told.
/// </summary>
internal sealed class BlockVolumeSource : IBackupSource
{
    private readonly BlockVolume _volume;
    private readonly ReadPolicy _policy;
    private readonly TimeProvider _clock;

    public BlockVolumeSource(BlockVolume volume, ReadPolicy policy, TimeProvider clock)
    {
        _volume = volume;
        _policy = policy;
        _clock = clock;
    }

    /// <summary>Name of the file in the tree.</summary>
    public static ReadOnlySpan<byte> FileName => "device.img"u8;

    /// <summary>Opens the device once, so that one that is not there fails before an upload is begun.</summary>
    public Task PrepareAsync(WorkMeter meter, CancellationToken cancellationToken)
    {
        try
        {
            PatientReader.Once(_policy, () => _volume.Open(out _)).Dispose();
            return Task.CompletedTask;
        }
        catch (IOException e)
        {
            throw Unreadable(e);
        }
    }

    public async Task<Finish> CaptureAsync(CaptureContext context, CancellationToken cancellationToken)
    {
        string path = "";
        long seconds = _clock.GetUtcNow().ToUnixTimeSeconds();
        UnixTime time = new(seconds, 0);
        TreeWriter tree = new(context.Chunks.Metadata);
        await tree.AddAsync(new TreeEntry { Path = [], Kind = EntryKind.Directory, Mode = 0x1C0, ModifiedAt = time, ChangedAt = time }, cancellationToken);
        try
        {
            using PatientReader files = new(_policy, cancellationToken);
            using PatientFile device = files.Open(() => _volume.Open(out path));
            context.Meter.SetTotals(device.Size, 1);
            context.Meter.Begin("reading", restart: true);
            FileContent content = await ReadAsync(device, context, cancellationToken);
            bool changed = device.HasChanged();
            TreeEntry file = new()
            {
                Path = FileName.ToArray(),
                Kind = EntryKind.File,
                Mode = 0x180,
                Size = device.Size,
                ModifiedAt = time,
                ChangedAt = time,
                Content = content,
                State = changed ? EntryState.ChangedWhileRead : EntryState.Captured,
                Reason = changed ? "the device was written to while it was read" : "",
            };
            await tree.AddAsync(file, cancellationToken);
            context.Meter.AddFile();
            return Describe(await tree.FinishAsync(cancellationToken), file, path);
        }
        catch (IOException e)
        {
            throw Unreadable(e);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<FileContent> ReadAsync(PatientFile device, CaptureContext context, CancellationToken cancellationToken)
    {
        // What the snapshot before has need not be sent again.
        await context.Parent.FindAsync(FileName.ToArray());
        using ContentReader reader = new(context.Chunks, context.Terms.CutterKey, context.Meter);
        PendingContent pending = new();
        await reader.ReadAsync(device, pending, cancellationToken);
        await reader.FlushAsync();
        await pending.Completion.WaitAsync(cancellationToken);
        ExtentListWriter extents = new(context.Chunks.Metadata);
        foreach (Extent extent in pending.Extents)
        {
            await extents.AddAsync(extent, cancellationToken);
        }

        return await extents.FinishAsync(cancellationToken);
    }

    private static Finish Describe(TreeRoot root, TreeEntry file, string path)
    {
        CaptureTally tally = new();
        tally.Add(file);
        SnapshotCounts counts = new() { Entries = root.Entries, Files = 1, FileBytes = root.FileBytes, Changed = tally.Changed };
        return new Finish
        {
            Root = ByteString.CopyFrom(root.Block.ToArray()),
            Counts = SourceMapping.ToWire(counts),
            Outcome = SourceMapping.ToWire(SnapshotOutcome.Completed),
            Items = { tally.Items.Select(EntryMapping.ToWire) },
            SourcePath = path,
        };
    }

    private static BackupException Unreadable(IOException e) =>
        new(e is LinuxException { IsGone: true } ? FailureCause.SourceMissing : FailureCause.SourceUnreadable, $"The device of the volume cannot be read: {e.Message}", e);
}
