using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Restoring;
using Microsoft.Extensions.Logging;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>Sends a selection of a snapshot, and makes damage known to whoever reads the log too.</summary>
public sealed class SnapshotSender : IDisposable
{
    // Each takes 24 MiB; more wait their turn, which the receivers' patience of minutes covers.
    private const int StreamsMax = 6;

    private readonly RepositoryAccess _access;
    private readonly ILogger<SnapshotSender> _log;
    private readonly SemaphoreSlim _streams = new(StreamsMax, StreamsMax);

    public SnapshotSender(RepositoryAccess access, ILogger<SnapshotSender> log)
    {
        _access = access;
        _log = log;
    }

    public void Dispose() => _streams.Dispose();

    internal async Task SendAsync(
        SnapshotManifest snapshot,
        PathSelection selection,
        bool partsOnce,
        IServerStreamWriter<Wire.RestoreMessage> responses,
        CancellationToken cancellationToken,
        bool withoutContent = false)
    {
        await _streams.WaitAsync(cancellationToken);
        try
        {
            using RepositoryLease lease = _access.Enter();
            RestoreStream stream = new(lease.Repository, snapshot.Root, selection, withoutContent) { PartsOnce = partsOnce, Lost = new DamageNotes(_log, snapshot).Note };
            await foreach (Wire.RestoreMessage message in stream.ReadAsync(cancellationToken))
            {
                await responses.WriteAsync(message, cancellationToken);
            }
        }
        catch (BackupException e)
        {
            throw e.At(snapshot.Source.Node, snapshot.Source.ToString());
        }
        finally
        {
            _streams.Release();
        }
    }
}
