using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Agent.Etcd;

/// <summary>A verified snapshot in the spool, with its room there.</summary>
internal sealed class EtcdSnapshot : IAsyncDisposable
{
    private readonly SpoolFile _spool;
    private readonly IDisposable _reservation;

    public EtcdSnapshot(SpoolFile spool, IDisposable reservation, SnapshotFacts facts, EtcdEvidence evidence, DateTimeOffset takenAt)
    {
        _spool = spool;
        _reservation = reservation;
        Facts = facts;
        Evidence = evidence;
        TakenAt = takenAt;
    }

    public SnapshotFacts Facts { get; }

    public EtcdEvidence Evidence { get; }

    public DateTimeOffset TakenAt { get; }

    /// <summary>True when the member that was read holds other data than what came from it.</summary>
    public bool WasReadWrongly => Evidence.Proof.Any(proof => proof.MemberId == Evidence.MemberId && proof.State == EtcdProofState.Differs);

    /// <summary>The bytes, digest included.</summary>
    public FileStream Content => _spool.Stream;

    public async ValueTask DisposeAsync()
    {
        await _spool.DisposeAsync();
        _reservation.Dispose();
    }
}
