using Google.Protobuf;
using K8sBackup.Model.Files;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Session;

/// <summary>
/// Results the coordinator has not acknowledged: one JSON file each, so that an agent that restarts still reports them.
/// The coordinator acknowledges what it no longer knows, too, so the directory empties itself. Thread-safe.
/// </summary>
internal sealed class ResultJournal
{
    // Far more than can be unacknowledged; only a coordinator that never acknowledges gets here, and loses the oldest.
    private const int ResultsMax = 256;

    private readonly Lock _lock = new();
    private readonly string _directory;
    private readonly SortedDictionary<string, WorkResult> _results = new(StringComparer.Ordinal);

    public ResultJournal(string directory, ILogger<ResultJournal> log)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
        foreach (string file in Directory.EnumerateFiles(directory, "*.json"))
        {
            try
            {
                WorkResult result = JsonParser.Default.Parse<WorkResult>(File.ReadAllText(file));
                bool valid = WorkIdRule.IsValid(result.WorkId) && result.ResultCase != WorkResult.ResultOneofCase.None;
                _results.Add(valid ? result.WorkId : throw new InvalidDataException("It is no result."), result);
            }
            catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or InvalidDataException or ArgumentException)
            {
                SessionLog.ResultDropped(log, file, e.Message);
                File.Delete(file);
            }
        }
    }

    public IReadOnlyList<WorkResult> Unacknowledged()
    {
        lock (_lock)
        {
            return [.. _results.Values];
        }
    }

    public bool Contains(string workId)
    {
        lock (_lock)
        {
            return _results.ContainsKey(workId);
        }
    }

    /// <summary>Keeps the result durably; the work id was checked to be an identifier, and so is a file name.</summary>
    public void Add(WorkResult result)
    {
        lock (_lock)
        {
            string path = PathOf(result.WorkId);
            string temporary = path + ".new";
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write))
            using (StreamWriter writer = new(stream))
            {
                writer.Write(JsonFormatter.Default.Format(result));
                writer.Flush();
                DiskSync.Sync(stream);
            }

            File.Move(temporary, path, overwrite: true);
            _results[result.WorkId] = result;
            while (_results.Count > ResultsMax)
            {
                RemoveLocked(_results.Keys.First());
            }
        }
    }

    public void Acknowledge(string workId)
    {
        lock (_lock)
        {
            RemoveLocked(workId);
        }
    }

    private void RemoveLocked(string workId)
    {
        if (_results.Remove(workId))
        {
            File.Delete(PathOf(workId));
        }
    }

    private string PathOf(string workId) => Path.Combine(_directory, workId + ".json");
}
