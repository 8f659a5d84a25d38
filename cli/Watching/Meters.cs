namespace K8sBackup.Cli.Watching;

/// <summary>A meter for each row, by name.</summary>
internal sealed class Meters
{
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, RateMeter> _meters = new(StringComparer.Ordinal);

    public Meters(TimeProvider clock) => _clock = clock;

    /// <summary>The row's meter with the row's bytes taken in.</summary>
    public RateMeter Update(WatchRow row)
    {
        if (!_meters.TryGetValue(row.Name, out RateMeter? meter))
        {
            _meters[row.Name] = meter = new RateMeter(_clock);
        }

        meter.Add(row.Progress.BytesDone);
        return meter;
    }
}
