namespace K8sBackup.Simulation.Worlds;

/// <summary>
/// What happens to coordinators while things go wrong: killed and started again, stopped while another takes over and woken later,
/// started beside a living one, clocks set wrong. One is running most of the time.
/// </summary>
internal sealed class Disturbances
{
    private readonly World _world;
    private readonly Random _random;

    public Disturbances(World world, int seed)
    {
        _world = world;
        _random = new Random(seed);
    }

    public async Task RunAsync()
    {
        await _world.StartCoordinatorAsync();
        TimeSpan pause = _world.Options.Disturbance == TimeSpan.Zero ? TimeSpan.FromSeconds(10) : _world.Options.Disturbance;
        while (_world.IsStormy)
        {
            await Task.Delay(pause * (0.1 + (1.8 * _random.NextDouble())), _world.Clock);
            while (_world.Busy == 0 && _world.IsStormy)
            {
                await Task.Delay(TimeSpan.FromMinutes(10) * _random.NextDouble(), _world.Clock);
            }

            if (!_world.Alive.Any(p => p.Gate.IsRunning))
            {
                await _world.StartCoordinatorAsync();
            }
            else if (_world.IsStormy && _world.Options.Disturbance > TimeSpan.Zero)
            {
                await DisturbAsync(_world.Alive[_random.Next(_world.Alive.Count)]);
            }
        }
    }

    private async Task DisturbAsync(CoordinatorProcess process)
    {
        switch (_random.Next(10))
        {
            case < 4:
                _world.Kill(process, "by chance");
                break;
            case < 6:
                Stop(process);
                await _world.StartCoordinatorAsync();
                break;
            case 6:
                await _world.StartCoordinatorAsync();
                break;
            case 7:
                process.Clock.Error = TimeSpan.FromDays(_random.Next(-3650, 3650));
                _world.Note(process.Gate.Name, $"has its clock wrong by {process.Clock.Error}");
                break;
            default:
                break;
        }
    }

    private void Stop(CoordinatorProcess process)
    {
        _world.Note(process.Gate.Name, "is stopped");
        process.Gate.Stop();
        long until = _world.Scheduler.Now + TimeSpan.FromSeconds(_random.Next(1, 600)).Ticks;
        _world.Scheduler.At(until, () =>
        {
            _world.Note(process.Gate.Name, "goes on");
            process.Gate.Continue();
        });
    }
}
