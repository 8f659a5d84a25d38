namespace K8sBackup.Simulation.Worlds;

/// <summary>At which store call, and at which moment of it, a life of the coordinator ends; most lives have no such plan.</summary>
internal sealed class CrashPlan
{
    private const int CallsMax = 150;
    private const int PruneCallsMax = 90;

    private readonly World _world;
    private readonly CoordinatorProcess _process;
    private readonly Random _random;
    private readonly int _moment;
    private int _call;

    public CrashPlan(World world, CoordinatorProcess process, Random random, int life)
    {
        _world = world;
        _process = process;
        _random = new Random(random.Next());
        bool isPlanned = life == 1 && world.Options is { CrashAtCall: > 0, CrashInPrune: false };
        _call = isPlanned ? world.Options.CrashAtCall : IsDrawn() ? _random.Next(1, CallsMax) : 0;
        _moment = world.Options.CrashAtCall > 0 ? world.Options.CrashMoment : _random.Next(3);
    }

    /// <summary>A prune begins: that is worth a kill of its own.</summary>
    public void InPrune()
    {
        if (IsDrawn())
        {
            _call = _process.Client.Calls + _random.Next(1, PruneCallsMax);
        }
    }

    public void Moment(int call, int moment)
    {
        if (moment == 0 && _world.IsPruning && _world.IsStormy && ++_world.PruneCalls == _world.Options.CrashAtCall && _world.Options.CrashInPrune)
        {
            _call = call;
        }

        if (call == _call && moment == _moment && _world.IsStormy)
        {
            // Not from within the call: nothing more of the process may run, and this is its own stack.
            _world.Scheduler.At(_world.Scheduler.Now, () => _world.Kill(_process, $"at call {call}, moment {moment}"));
        }
    }

    private bool IsDrawn() => _world.IsStormy && _random.Next(100) < _world.Options.CrashChance;
}
