using K8sBackup.Agent.Download;
using K8sBackup.Agent.Restore;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Brings the snapshot from the coordinator.</summary>
internal sealed class SnapshotFetch : ISnapshotFetch
{
    private readonly CoordinatorLink _link;
    private readonly BufferPool _buffers;
    private readonly FullJitter _jitter;
    private readonly TimeProvider _clock;
    private readonly ILogger<SnapshotFetch> _log;

    public SnapshotFetch(CoordinatorLink link, BufferPool buffers, FullJitter jitter, TimeProvider clock, ILogger<SnapshotFetch> log)
    {
        _link = link;
        _buffers = buffers;
        _jitter = jitter;
        _clock = clock;
        _log = log;
    }

    public async Task FetchAsync(string workId, string path, WorkMeter meter, CancellationToken cancellationToken)
    {
        using ChunkDecoder decoder = new(_buffers);
        await using RestoreFeed feed = new(_link, workId, decoder, _jitter, _clock, _log);
        await SnapshotDownload.RunAsync(feed, decoder, path, meter, cancellationToken);
    }
}
