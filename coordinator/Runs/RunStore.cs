using System.Collections.Concurrent;
using K8sBackup.Coordinator.State;
using K8sBackup.Model.Ids;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Runs;

/// <summary>
/// All runs, one document each in <c>runs</c> of the state home, the finished ones up to a bound. Thread-safe; each
/// run is saved by one writer only.
/// </summary>
public sealed class RunStore
{
    // Records live in memory: a source takes about a kilobyte, so the history stays below some 50 MiB.
    private const int SourcesKept = 50_000;

    private const string Folder = "runs";

    private readonly IStateHome _home;
    private readonly int _runsKept;
    private readonly ILogger<RunStore> _log;
    private readonly ConcurrentDictionary<RunId, RunRecord> _runs = new();
    private readonly Lock _pruning = new();

    public RunStore(IStateHome home, int runsKept, ILogger<RunStore> log)
    {
        ArgumentNullException.ThrowIfNull(home);
        _home = home;
        _runsKept = runsKept;
        _log = log;
        foreach (string name in home.Names(Folder))
        {
            Load($"{Folder}/{name}");
        }
    }

    /// <summary>Raised once for every run that ends while the process lives, when it is kept. Any thread.</summary>
    public event Action<RunRecord>? Ended;

    /// <summary>All runs, newest first.</summary>
    public IReadOnlyList<RunRecord> List() => [.. _runs.Values.OrderByDescending(run => run.Id)];

    public RunRecord? Find(RunId id) => _runs.GetValueOrDefault(id);

    /// <summary>The plan's run that goes on; null when none does.</summary>
    public RunRecord? ActiveOf(string plan) => _runs.Values.FirstOrDefault(run => run.Plan == plan && !run.IsOver);

    /// <summary>Newest run of the whole plan.</summary>
    public RunRecord? LatestWholeOf(string plan) => _runs.Values.Where(run => run.Plan == plan && !run.AfterChange).MaxBy(run => run.Id);

    /// <summary>Keeps the record. The file may lag behind memory when the disk fails, which is logged.</summary>
    public void Save(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        run = run.IsOver ? run.WithoutArguments() : run;
        bool ends = run.IsOver && _runs.GetValueOrDefault(run.Id) is not { IsOver: true };
        _runs[run.Id] = run;
        try
        {
            _home.Write(NameOf(run.Id), run);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Sound without the file: after a restart the run goes on from its last saved state, and snapshots
            // committed since are found in the store.
            RunLog.SaveFailed(_log, run.Id.ToString(), e);
        }

        if (run.IsOver)
        {
            Prune();
        }

        if (ends)
        {
            Ended?.Invoke(run);
        }
    }

    /// <summary>Keeps a new record, and lets the caller know when that is impossible.</summary>
    /// <exception cref="IOException">The state directory cannot be written; the run does not exist.</exception>
    public void Create(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        _home.Write(NameOf(run.Id), run);
        _runs[run.Id] = run;
    }

    /// <summary>Returns when the record as last saved outlives this process.</summary>
    public Task FlushAsync(RunId id, CancellationToken cancellationToken) => _home.FlushAsync(NameOf(id), cancellationToken);

    private void Load(string name)
    {
        try
        {
            if (_home.Read<RunRecord>(name) is { } run)
            {
                _runs[run.Id] = run;
            }
        }
        catch (InvalidDataException e)
        {
            // History, not truth: restore points are in the store whether this file can be read or not.
            RunLog.Damaged(_log, name, e);
        }
    }

    private void Prune()
    {
        lock (_pruning)
        {
            int runs = 0;
            int sources = 0;
            foreach (RunRecord run in _runs.Values.Where(r => r.IsOver).OrderByDescending(r => r.Id))
            {
                runs++;
                sources += run.Sources.Count;
                // The newest stays, however large.
                if (runs > 1 && (runs > _runsKept || sources > SourcesKept))
                {
                    _runs.TryRemove(run.Id, out _);
                    _home.Delete(NameOf(run.Id));
                }
            }
        }
    }

    private static string NameOf(RunId id) => $"{Folder}/{id}";
}
