using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// Deletes what no restore point needs, beside running uploads and other readers. One prune (1) deletes restore points that retention lets
/// go, and snapshots nobody needs; (2) marks what the others need; (3) deletes packs condemned by an earlier prune, unless they are needed
/// again; (4) copies what lives in sparse packs and condemns these and the packs without anything that lives; (5) compacts the index.
/// Space comes back at the first prune after the grace. Everything it must remember is in the store: a crash at any step leaves every restore
/// point whole, and the next prune goes on. Only the writer that holds the lease prunes.
/// </summary>
public sealed class RepositoryPruner
{
    private readonly RepositoryWriter _writer;
    private readonly PruneOptions _options;
    private readonly TimeProvider _clock;

    /// <summary>Does not own the writer.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public RepositoryPruner(RepositoryWriter writer, PruneOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        options.Validate();
        _writer = writer;
        _options = options;
        _clock = clock;
    }

    /// <summary>What a prune would do now. Changes nothing in the store.</summary>
    /// <exception cref="PruneBusyException">One goes on.</exception>
    /// <exception cref="WriterFencedException">Another writer took over.</exception>
    /// <exception cref="ObjectStore.ObjectStoreException">The store cannot be read.</exception>
    public Task<PruneReport> PlanAsync(PruneRequest request, IProgress<PruneProgress>? progress, CancellationToken cancellationToken) =>
        RunAsync(request, execute: false, progress, cancellationToken);

    /// <summary>Prunes, by what is there at that moment. May be cancelled between any two objects; the next one goes on.</summary>
    /// <exception cref="PruneBusyException">One goes on.</exception>
    /// <exception cref="WriterFencedException">Another writer took over; what it had begun is gone on with by that one.</exception>
    /// <exception cref="WriterFailedException">An upload's write failed: a new writer is needed.</exception>
    /// <exception cref="ObjectStore.ObjectStoreException">The store failed; the next prune goes on.</exception>
    public Task<PruneReport> RunAsync(PruneRequest request, IProgress<PruneProgress>? progress, CancellationToken cancellationToken) =>
        RunAsync(request, execute: true, progress, cancellationToken);

    private async Task<PruneReport> RunAsync(
        PruneRequest request, bool execute, IProgress<PruneProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!await _writer.PruneGate.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            throw new PruneBusyException();
        }

        try
        {
            await _writer.Lease.CheckAsync(TimeSpan.Zero, cancellationToken);
            _writer.Sessions.ForgetDeleted();
            IReadOnlyList<KnownTombstone> vanished = await _writer.Tombstones.UpdateAsync(
                _writer.Repository.Store, _writer.Repository.Keys, _writer.Sessions, cancellationToken);

            // What an interrupted prune hid without condemning it.
            _writer.Repository.Index.Pardon(_writer.Repository.Index.CondemnedPacks().Except(_writer.Tombstones.Packs()));
            PruneContext context = new(_writer, _options, _clock, progress);
            return await new PruneRun(context, request, execute).RunAsync(vanished, cancellationToken);
        }
        finally
        {
            _writer.PruneGate.Release();
        }
    }
}
