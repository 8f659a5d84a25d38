using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using K8sBackup.Coordinator.State;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>
/// When something that is done at regular times is due. When it was last done began is a document of the state home, so that restarts and other
/// leaders neither put it off nor repeat it: what a stop interrupts was not done, and is due again soon after the start. Of one thread.
/// </summary>
internal sealed class Recurrence
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly IStateHome _home;
    private readonly string _name;
    private readonly TimeSpan _every;
    private readonly TimeProvider _clock;
    private DateTimeOffset? _last;
    private long _putOffAt;
    private TimeSpan _putOff;

    /// <param name="home">Where the document is.</param>
    /// <param name="name">The document.</param>
    /// <param name="every">Time from one beginning to the next; zero for never.</param>
    /// <param name="startDelay">Agents that come back after a start have the store to themselves for this long.</param>
    /// <param name="clock">The clock.</param>
    public Recurrence(IStateHome home, string name, TimeSpan every, TimeSpan startDelay, TimeProvider clock)
    {
        _home = home;
        _name = name;
        _every = every;
        _clock = clock;
        _last = Read(home, name);
        PutOff(startDelay);
    }

    /// <summary>
    /// Each time is put off by up to this part of the interval, always by another part of it, so that clusters do not keep step.
    /// </summary>
    public double JitterPart { get; init; }

    /// <summary>When it is due; null for never.</summary>
    public DateTimeOffset? Due => _every <= TimeSpan.Zero ? null : _last is { } last ? last + _every + JitterAfter(last) : _clock.GetUtcNow() + Left;

    /// <summary>True when it is to be done now; also gives the time since it was last done.</summary>
    public bool IsDue(out TimeSpan? sinceLast)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        if (_last > now)
        {
            // The clock went back; the schedule is followed from there.
            _last = now;
        }

        sinceLast = now - _last;
        return _every > TimeSpan.Zero && Left == TimeSpan.Zero && (_last is not { } last || now >= last + _every + JitterAfter(last));
    }

    /// <summary>Notes that what began then is done.</summary>
    public void Done(DateTimeOffset began)
    {
        _last = began;
        _home.Write(_name, new RecurrenceMark(began));
    }

    /// <summary>Puts it off: it could not be done.</summary>
    public void PutOff(TimeSpan delay)
    {
        _putOffAt = _clock.GetTimestamp();
        _putOff = delay;
    }

    /// <summary>Looks once a minute, until it is cancelled.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> look, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await look(cancellationToken);
        }
    }

    // By the monotonic clock: a start with a wrong one must not put it off for years.
    private TimeSpan Left => _putOff - _clock.GetElapsedTime(_putOffAt) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    // A mark that cannot be read costs one time too many.
    private static DateTimeOffset? Read(IStateHome home, string name)
    {
        try
        {
            return home.Read<RecurrenceMark>(name)?.BeganAt;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    // The same after every restart, another after every time.
    private TimeSpan JitterAfter(DateTimeOffset last)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{_name} {last:O}"));
        return _every * JitterPart * (BinaryPrimitives.ReadUInt32LittleEndian(hash) / (double)uint.MaxValue);
    }
}
