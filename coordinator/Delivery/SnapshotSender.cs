using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
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
        SnapshotManifest snapshot, PathSelection selection, IServerStreamWriter<Wire.RestoreMessage> responses, CancellationToken cancellationToken)
    {
        await _streams.WaitAsync(cancellationToken);
        try
        {
            using RepositoryLease lease = _access.Enter();
            await foreach (Wire.RestoreMessage message in new RestoreStream(lease.Repository, snapshot.Root, selection).ReadAsync(cancellationToken))
            {
                await responses.WriteAsync(message, cancellationToken);
            }
        }
        catch (BackupException e)
        {
            if (e.Failure.Cause == FailureCause.StoreCorrupt)
            {
                DeliveryLog.Damaged(_log, snapshot.Id.ToString(), snapshot.Source.ToString(), DamageOf(e));
            }

            throw e.At(snapshot.Source.Node, snapshot.Source.ToString());
        }
        finally
        {
            _streams.Release();
        }
    }

    // The failure's message names the file, which is for the operator and not for the log.
    private static string DamageOf(BackupException e) => e.InnerException?.Message ?? "damage";
}
