using System.Collections.Immutable;
using System.Text.Json;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Model.Ids;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Restores;

/// <summary>
/// The restores there are, one file each, all in memory: they are bounded by <see cref="FinishedMax"/>. A file that
/// is damaged is left alone and passed over, since it is history, not data. Thread-safe.
/// </summary>
public sealed class RestoreStore
{
    /// <summary>Finished restores kept; the oldest go first.</summary>
    public const int FinishedMax = 1000;

    private readonly string _directory;
    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<RestoreId, RestoreRecord> _records = ImmutableSortedDictionary<RestoreId, RestoreRecord>.Empty;

    public RestoreStore(string directory, ILogger<RestoreStore> log)
    {
        _directory = directory;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (string path in Directory.EnumerateFiles(directory, "*.json"))
        {
            try
            {
                if (StateFile.Read<RestoreRecord>(path) is { } record)
                {
                    _records = _records.SetItem(record.Id, record);
                }
            }
            catch (Exception e) when (e is InvalidDataException or JsonException or NotSupportedException)
            {
                RestoreLog.RecordDamaged(log, path, e.Message);
            }
        }
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<RestoreRecord> All => [.. _records.Values.Reverse()];

    public RestoreRecord? Find(RestoreId id) => _records.GetValueOrDefault(id);

    /// <summary>Writes the record; when it returns, a restart finds it.</summary>
    /// <exception cref="IOException">The disk is full or failing; what was known before stands.</exception>
    public void Save(RestoreRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_lock)
        {
            StateFile.Write(PathOf(record.Id), record);
            _records = _records.SetItem(record.Id, record);
            PruneLocked();
        }
    }

    private void PruneLocked()
    {
        RestoreRecord[] surplus = [.. _records.Values.Where(record => record.IsOver).SkipLast(FinishedMax)];
        foreach (RestoreRecord record in surplus)
        {
            File.Delete(PathOf(record.Id));
            _records = _records.Remove(record.Id);
        }
    }

    private string PathOf(RestoreId id) => Path.Combine(_directory, $"{id}.json");
}
