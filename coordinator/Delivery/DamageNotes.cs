using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Restoring;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>Writes losses of one restore stream to the log: the first few, because one lost pack can cost a million files.</summary>
internal sealed class DamageNotes
{
    private const int NotesMax = 10;

    private readonly ILogger _log;
    private readonly SnapshotManifest _snapshot;
    private int _noted;

    public DamageNotes(ILogger log, SnapshotManifest snapshot)
    {
        _log = log;
        _snapshot = snapshot;
    }

    public void Note(ContentLoss loss)
    {
        if (_noted++ < NotesMax)
        {
            DeliveryLog.Damaged(_log, _snapshot.Id.ToString(), _snapshot.Source.ToString(), loss.Cause.Message);
        }
    }
}
