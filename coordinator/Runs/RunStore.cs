using System.Collections.Concurrent;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Runs;

/// <summary>
/// All runs, one file each in <c>runs</c> of the state directory, the finished ones up to a bound. Thread-safe; each
/// run is saved by one writer only.
/// </summary>
public sealed class RunStore
{
    // Records live in memory: a source takes about a kilobyte, so the history stays below some 50 MiB.
    private const int SourcesKept = 50_000;

    private readonly string _directory;
    private readonly int _runsKept;
    private readonly ILogger<RunStore> _log;
    private readonly ConcurrentDictionary<RunId, RunRecord> _runs = new();
    private readonly Lock _pruning = new();

    public RunStore(string directory, int runsKept, ILogger<RunStore> log)
    {
        _directory = directory;
        _runsKept = runsKept;
        _log = log;
        PrivateFiles.CreateDirectory(directory);
        foreach (string path in Directory.EnumerateFiles(directory, "*.json"))
        {
            Load(path);
        }
    }

    /// <summary>All runs, newest first.</summary>
    public IReadOnlyList<RunRecord> List() => [.. _runs.Values.OrderByDescending(run => run.Id)];

    public RunRecord? Find(RunId id) => _runs.GetValueOrDefault(id);

    /// <summary>Newest run of the plan.</summary>
    public RunRecord? LatestOf(string plan) => _runs.Values.Where(run => run.Plan == plan).MaxBy(run => run.Id);

    /// <summary>Newest run of the whole plan.</summary>
    public RunRecord? LatestWholeOf(string plan) => _runs.Values.Where(run => run.Plan == plan && !run.AfterChange).MaxBy(run => run.Id);

    /// <summary>Keeps the record. The file may lag behind memory when the disk fails, which is logged.</summary>
    public void Save(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        _runs[run.Id] = run;
        try
        {
            StateFile.Write(PathOf(run.Id), run);
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
    }

    /// <summary>Keeps a new record, and lets the caller know when that is impossible.</summary>
    /// <exception cref="IOException">The state directory cannot be written; the run does not exist.</exception>
    public void Create(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        StateFile.Write(PathOf(run.Id), run);
        _runs[run.Id] = run;
    }

    private void Load(string path)
    {
        try
        {
            if (StateFile.Read<RunRecord>(path) is { } run)
            {
                _runs[run.Id] = run;
            }
        }
        catch (InvalidDataException e)
        {
            // History, not truth: restore points are in the store whether this file can be read or not.
            RunLog.Damaged(_log, path, e);
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
                    File.Delete(PathOf(run.Id));
                }
            }
        }
    }

    private string PathOf(RunId id) => Path.Combine(_directory, $"{id}.json");
}
