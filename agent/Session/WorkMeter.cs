using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Session;

/// <summary>
/// Counters of one piece of work: written by its threads at full speed, read by the session twice a second. Thread-safe.
/// </summary>
internal sealed class WorkMeter
{
    private long _bytesDone;
    private long _bytesTotal;
    private long _filesDone;
    private long _filesTotal;
    private long _bytesSent;
    private volatile string _phase = "waiting";

    public WorkProgress Read() => new()
    {
        Phase = _phase,
        BytesDone = Interlocked.Read(ref _bytesDone),
        BytesTotal = Interlocked.Read(ref _bytesTotal),
        FilesDone = Interlocked.Read(ref _filesDone),
        FilesTotal = Interlocked.Read(ref _filesTotal),
        BytesSent = Interlocked.Read(ref _bytesSent),
    };

    /// <summary>Begins a phase; with <paramref name="restart"/> what was done before is done again and counts from zero.</summary>
    public void Begin(string phase, bool restart = false)
    {
        if (restart)
        {
            Interlocked.Exchange(ref _bytesDone, 0);
            Interlocked.Exchange(ref _filesDone, 0);
        }

        _phase = phase;
    }

    public void SetTotals(long bytes, long files)
    {
        Interlocked.Exchange(ref _bytesTotal, bytes);
        Interlocked.Exchange(ref _filesTotal, files);
    }

    public void AddBytes(long bytes) => Interlocked.Add(ref _bytesDone, bytes);

    public void AddFile() => Interlocked.Increment(ref _filesDone);

    public void AddSent(long bytes) => Interlocked.Add(ref _bytesSent, bytes);
}
