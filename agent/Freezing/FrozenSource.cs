using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Freezing;

/// <summary>
/// A volume whose file system is frozen while it is read. When the time is over before all is read, what follows may not fit what came before:
/// the snapshot is kept, and says so.
/// </summary>
internal sealed class FrozenSource : IBackupSource
{
    // As in the protocol.
    private const int ItemsMax = 1000;

    private readonly IBackupSource _source;
    private readonly IVolumePlace _place;
    private readonly Freezer _freezer;
    private readonly TimeSpan _time;

    public FrozenSource(IBackupSource source, IVolumePlace place, Freezer freezer, TimeSpan time)
    {
        _source = source;
        _place = place;
        _freezer = freezer;
        _time = time;
    }

    public Task PrepareAsync(WorkMeter meter, CancellationToken cancellationToken) => _source.PrepareAsync(meter, cancellationToken);

    public async Task<Finish> CaptureAsync(CaptureContext context, CancellationToken cancellationToken)
    {
        using OpenVolume volume = _place.Open();
        await using FreezeHold hold = await _freezer.HoldAsync(volume, _time, cancellationToken);
        Finish finish = await _source.CaptureAsync(context, cancellationToken);
        return await hold.EndAsync() ? finish : LetGoEarly(finish, volume.NodePath);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private Finish LetGoEarly(Finish finish, string path)
    {
        _freezer.ReportTimeOver(path, _time);
        finish.Outcome = Outcome.PartiallyFailed;
        finish.Counts.Failed++;
        if (finish.Items.Count < ItemsMax)
        {
            finish.Items.Add(new ItemOutcome { Path = ".", State = EntryState.ChangedWhileRead, Reason = $"the file system was frozen for {_time} only, and reading took longer" });
        }

        return finish;
    }
}
