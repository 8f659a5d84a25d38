using System.Globalization;

namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>
/// Looks once a second how long the node's tasks waited for its disks (pressure stall information). The time this agent
/// itself waited in reads is taken off: a backup that has the disk for itself must not slow itself down. Where the
/// kernel does not tell there is no pressure. Thread-safe.
/// </summary>
internal sealed class PressureGauge
{
    public const string DefaultPath = "/proc/pressure/io";

    /// <summary>The part of the time others wait from which on reading steps back.</summary>
    public const double High = 0.1;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private long _at;
    private TimeSpan _waited;
    private TimeSpan _own;
    private bool _isHigh;

    public PressureGauge(string path, TimeProvider clock)
    {
        _path = path;
        _clock = clock;
        _at = clock.GetTimestamp();
        _waited = ReadTotal() ?? TimeSpan.Zero;
    }

    /// <summary>Whether others waited too long in the last second or so.</summary>
    public bool IsHigh
    {
        get
        {
            lock (_lock)
            {
                TimeSpan passed = _clock.GetElapsedTime(_at);
                if (passed >= Interval)
                {
                    TimeSpan total = ReadTotal() ?? _waited;
                    _isHigh = total - _waited - _own > passed * High;
                    (_at, _waited, _own) = (_clock.GetTimestamp(), total, TimeSpan.Zero);
                }

                return _isHigh;
            }
        }
    }

    /// <summary>Notes that a read of this agent took so long.</summary>
    public void AddOwn(TimeSpan time)
    {
        lock (_lock)
        {
            _own += time;
        }
    }

    // some avg10=0.00 avg60=0.00 avg300=0.00 total=23685063
    private TimeSpan? ReadTotal()
    {
        try
        {
            string line = File.ReadLines(_path).First();
            bool valid = long.TryParse(line[(line.LastIndexOf('=') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds);
            return valid && line.StartsWith("some ", StringComparison.Ordinal) ? TimeSpan.FromMicroseconds(microseconds) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }
}
