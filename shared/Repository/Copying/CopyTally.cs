namespace K8sBackup.Repository.Copying;

/// <summary>Counts what a copy does. Thread-safe.</summary>
internal sealed class CopyTally(IProgress<CopyProgress>? progress)
{
    private readonly Lock _gate = new();
    private readonly List<CopyProblem> _problems = [];
    private long _problemCount;
    private long _copied;
    private long _bytes;
    private long _present;
    private long _deleted;
    private long _vanished;

    public string Phase { get; set; } = "";

    public void Copied(long bytes)
    {
        lock (_gate)
        {
            _copied++;
            _bytes += bytes;
            progress?.Report(new CopyProgress(Phase, _copied, _bytes));
        }
    }

    /// <summary>False while what was compared before is compared again.</summary>
    public bool CountsPresent { get; set; } = true;

    public bool HasProblems => Interlocked.Read(ref _problemCount) > 0;

    public long CopiedCount => Interlocked.Read(ref _copied);

    public void Present() => Interlocked.Add(ref _present, CountsPresent ? 1 : 0);

    public void Deleted() => Interlocked.Increment(ref _deleted);

    public void Vanished() => Interlocked.Increment(ref _vanished);

    public void Problem(string objectName, bool isAtSource, string detail)
    {
        lock (_gate)
        {
            bool isNew = _problems.All(p => p.ObjectName != objectName);
            _problemCount += isNew ? 1 : 0;
            if (isNew && _problems.Count < CopyReport.ListedMax)
            {
                _problems.Add(new CopyProblem(objectName, isAtSource, detail));
            }
        }
    }

    public CopyReport Finish()
    {
        lock (_gate)
        {
            return new CopyReport
            {
                Copied = _copied,
                CopiedBytes = _bytes,
                Present = _present,
                Deleted = _deleted,
                Vanished = _vanished,
                Problems = [.. _problems.OrderBy(p => p.ObjectName, StringComparer.Ordinal)],
                ProblemCount = _problemCount,
            };
        }
    }
}
