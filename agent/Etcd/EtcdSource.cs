using System.Globalization;
using Google.Protobuf;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using K8sBackup.Chunking.Pages;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using EntryKind = K8sBackup.Model.Trees.EntryKind;
using SnapshotCounts = K8sBackup.Model.Manifests.SnapshotCounts;

namespace K8sBackup.Agent.Etcd;

/// <summary>
/// One etcd as a source: a verified snapshot, taken once and kept in the spool over all attempts, stored as the single
/// file <c>snapshot.db</c> with exactly the bytes etcd sent, its digest at the end included.
/// </summary>
internal sealed class EtcdSource : IBackupSource
{
    private readonly EtcdOptions _options;
    private readonly EtcdLocator _locator;
    private readonly EtcdCapture _capture;
    private readonly EtcdSalvage _salvage;
    private EtcdSnapshot? _snapshot;

    public EtcdSource(EtcdOptions options, EtcdLocator locator, EtcdCapture capture, EtcdSalvage salvage)
    {
        _options = options;
        _locator = locator;
        _capture = capture;
        _salvage = salvage;
    }

    public async Task PrepareAsync(WorkMeter meter, CancellationToken cancellationToken) =>
        _snapshot = _options.FromDataDir
            ? await _salvage.TakeAsync(meter, cancellationToken)
            : await _capture.TakeAsync(_locator.Endpoint(_options), Avoided(), meter, cancellationToken);

    public async Task<Finish> CaptureAsync(CaptureContext context, CancellationToken cancellationToken)
    {
        EtcdSnapshot snapshot = _snapshot ?? throw new InvalidOperationException("The source was not prepared.");
        context.Meter.SetTotals(snapshot.Facts.FileBytes, 1);
        context.Meter.Begin("reading", restart: true);
        long seconds = snapshot.TakenAt.ToUnixTimeSeconds();
        UnixTime time = new(seconds, 0);
        TreeWriter tree = new(context.Chunks.Metadata);
        await tree.AddAsync(new TreeEntry { Path = [], Kind = EntryKind.Directory, Mode = 0x1C0, ModifiedAt = time, ChangedAt = time }, cancellationToken);
        byte[] path = Restore.SnapshotDownload.FileName.ToArray();
        ParentFile? parent = await context.Parent.FindAsync(path);
        FileContent content = await PageFile.CaptureAsync(
            (offset, buffer) => Read(snapshot, offset, buffer), snapshot.Facts.FileBytes, PageBytes(snapshot), parent, context, cancellationToken);
        await tree.AddAsync(
            new TreeEntry { Path = path, Kind = EntryKind.File, Mode = 0x180, Size = snapshot.Facts.FileBytes, ModifiedAt = time, ChangedAt = time, Content = content },
            cancellationToken);
        TreeRoot root = await tree.FinishAsync(cancellationToken);
        context.Meter.AddFile();
        return new Finish
        {
            Root = ByteString.CopyFrom(root.Block.ToArray()),
            Counts = SourceMapping.ToWire(new SnapshotCounts { Entries = root.Entries, Files = 1, FileBytes = root.FileBytes }),
            Outcome = SourceMapping.ToWire(snapshot.Evidence.IsVerified ? SnapshotOutcome.Completed : SnapshotOutcome.PartiallyFailed),
            Etcd = EtcdMapping.ToWire(snapshot.Evidence),
        };
    }

    public ValueTask DisposeAsync() => _snapshot?.DisposeAsync() ?? ValueTask.CompletedTask;

    private List<ulong> Avoided()
    {
        List<ulong> ids = [];
        foreach (string text in _options.AvoidMemberIds)
        {
            ids.Add(ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong id)
                ? id
                : throw new BackupException(FailureCause.InvalidRequest, $"'{text}' is not the id of a member."));
        }

        return ids;
    }

    private static int Read(EtcdSnapshot snapshot, long offset, Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            int read = RandomAccess.Read(snapshot.Content.SafeFileHandle, buffer[done..], offset + done);
            done += read > 0 ? read : throw new BackupException(FailureCause.SpoolFull, "The spool lost bytes of the snapshot.");
        }

        return done;
    }

    private static int PageBytes(EtcdSnapshot snapshot)
    {
        Span<byte> head = stackalloc byte[PageFormat.HeadBytes];
        int detected = RandomAccess.Read(snapshot.Content.SafeFileHandle, head, 0) == head.Length ? PageFormat.Detect(head) : 0;
        return detected > 0 ? detected : PageFormat.PageBytesMin;
    }
}
