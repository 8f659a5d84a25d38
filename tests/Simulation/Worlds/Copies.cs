using K8sBackup.ObjectStore;
using K8sBackup.Repository;
using K8sBackup.Repository.Copying;
using K8sBackup.Repository.Reading;
using K8sBackup.Simulation.Oracles;
using K8sBackup.Simulation.Scheduling;
using K8sBackup.Simulation.Store;

namespace K8sBackup.Simulation.Worlds;

/// <summary>Brings a second store up to the first now and then, beside everything else, as a process of its own that may be killed.</summary>
internal sealed class Copies
{
    private const int CrashCallsMax = 300;
    private const int CalmCopiesMax = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromHours(12);

    private readonly World _world;
    private readonly Random _random;

    public Copies(World world, int seed)
    {
        _world = world;
        _random = new Random(seed);
    }

    public async Task RunWhileStormyAsync()
    {
        while (_world.IsStormy && _world.Options.Copies)
        {
            await Task.Delay(_world.Options.Prunes ? _world.Options.Grace * _random.NextDouble() : TimeSpan.FromMinutes(_random.Next(1, 180)), _world.Clock);
            if (!_world.IsStormy || _world.Oracle.Points.Count == 0)
            {
                continue;
            }

            try
            {
                await CopyAsync(_world.Options.Store, _random.Next(3) == 0);
            }
            catch (Exception e) when (Restores.IsExpected(e) || e is ObjectTakenException)
            {
                _world.Note("copy", $"{e.GetType().Name}: {e.Message}");
            }
        }
    }

    /// <summary>Nothing goes wrong any more: the copy becomes an equal of the first store, and everything restores from it alone.</summary>
    public async Task CompleteAsync()
    {
        for (int i = 1; ; i++)
        {
            CopyReport report = await CopyAsync(StoreBehaviour.Sound, prune: true);
            if (report.IsWhole && report.Copied == 0 && report.Deleted == 0)
            {
                break;
            }

            if (i == CalmCopiesMax)
            {
                string left = report.Problems is [CopyProblem first, ..] ? $"{first.ObjectName}: {first.Detail}" : $"{report.Copied} objects are new and {report.Deleted} gone";
                throw new SimulationException("I3", $"the copy is not whole after {i} runs although nothing was wrong: {left}");
            }
        }

        _world.CopyOracle.RequireEqual();
        using OpenRepository repository = await OpenRepository.OpenAsync(new DirectStore(_world.Copy), _world.Keys, CancellationToken.None);
        foreach (KnownSnapshot snapshot in _world.Oracle.Snapshots)
        {
            await SnapshotReader.RequireContentAsync(new ChunkReader(repository), snapshot.Manifest, snapshot.Files);
        }
    }

    private async Task<CopyReport> CopyAsync(StoreBehaviour behaviour, bool prune)
    {
        ProcessGate gate = new($"copy-{++_world.CopiesBegun}");
        StoreClient from = Client(_world.Store, gate, behaviour);
        StoreClient to = Client(_world.Copy, gate, behaviour);
        int crash = _world.IsStormy && _random.Next(100) < _world.Options.CrashChance ? _random.Next(1, CrashCallsMax) : 0;
        int at = _random.Next(3);
        to.Moment = from.Moment = (_, moment) =>
        {
            if (from.Calls + to.Calls == crash && moment == at)
            {
                // Not from within the call: this is its own stack.
                _world.Scheduler.At(_world.Scheduler.Now, () => Kill(gate));
            }
        };
        _world.Note(gate.Name, prune ? "begins, and deletes what is gone" : "begins");
        (IObjectStore source, IObjectStore copy) = _world.Saboteur.WrapCopy(from, to, _world.Clock);
        CopyReport report = await _world.Scheduler
            .Start(() => RepositoryCopier.RunAsync(source, copy, _world.Keys, new CopyOptions { Prune = prune }, null, CancellationToken.None))
            .WaitAsync(Patience, _world.Clock, gate.Gone);
        _world.Note(gate.Name, $"done: {report.Copied} copied, {report.Deleted} deleted, {report.Vanished} vanished, {report.ProblemCount} problems");
        return report;
    }

    private void Kill(ProcessGate gate)
    {
        _world.Note(gate.Name, "is killed");
        gate.Kill();
    }

    private StoreClient Client(ModelStore store, ProcessGate gate, StoreBehaviour behaviour) =>
        new(store, _world.Scheduler, gate, _random.Next(), _world.Trace) { Behaviour = behaviour };
}
