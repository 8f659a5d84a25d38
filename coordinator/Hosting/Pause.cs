namespace K8sBackup.Coordinator.Hosting;

/// <summary>
/// A while that is to go by, from now on, by the monotonic clock: whoever sets the time of day neither ends nor prolongs it. The default one is over.
/// </summary>
internal readonly record struct Pause
{
    private readonly TimeProvider? _clock;
    private readonly long _began;
    private readonly TimeSpan _length;

    public Pause(TimeProvider clock, TimeSpan length)
    {
        _clock = clock;
        _began = clock.GetTimestamp();
        _length = length;
    }

    public bool IsOver => _clock is null || _clock.GetElapsedTime(_began) >= _length;
}
