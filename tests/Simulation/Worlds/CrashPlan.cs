namespace K8sBackup.Simulation.Worlds;

/// <summary>At which store call, and at which moment of it, a life of the coordinator ends; most lives have no such plan.</summary>
internal sealed class CrashPlan
{
    private const int CallsMax = 150;

    private readonly World _world;
    private readonly CoordinatorProcess _process;
    private readonly int _call;
    private readonly int _moment;

    public CrashPlan(World world, CoordinatorProcess process, Random random, int life)
    {
        _world = world;
        _process = process;
        bool drawn = world.IsStormy && random.Next(100) < world.Options.CrashChance;
        _call = life == 1 && world.Options.CrashAtCall > 0 ? world.Options.CrashAtCall : drawn ? random.Next(1, CallsMax) : 0;
        _moment = world.Options.CrashAtCall > 0 ? world.Options.CrashMoment : random.Next(3);
    }

    public void Moment(int call, int moment)
    {
        if (call == _call && moment == _moment && _world.IsStormy)
        {
            // Not from within the call: nothing more of the process may run, and this is its own stack.
            _world.Scheduler.At(_world.Scheduler.Now, () => _world.Kill(_process, $"at call {call}, moment {moment}"));
        }
    }
}
