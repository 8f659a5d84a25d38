using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Etcd.Files;
using K8sBackup.Model.Ids;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>
/// The journals of restores of the cluster's etcd, one file each in <c>cluster-restores/</c>, on disk before a step is
/// ordered. Finished ones are kept up to a number; a damaged file is left alone. Thread-safe.
/// </summary>
public sealed class ClusterRestoreStore : INodeClaims
{
    private const int FinishedMax = 200;

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly string _directory;
    private readonly Action<ClusterRestoreRecord> _beforeSave;
    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<RestoreId, ClusterRestoreRecord> _records = ImmutableSortedDictionary<RestoreId, ClusterRestoreRecord>.Empty;

    public ClusterRestoreStore(string directory, ILogger<ClusterRestoreStore> log)
        : this(directory, log, _ => { })
    {
    }

    /// <summary>Lets a test stop the coordinator before it writes.</summary>
    internal ClusterRestoreStore(string directory, ILogger<ClusterRestoreStore> log, Action<ClusterRestoreRecord> beforeSave)
    {
        _directory = directory;
        _beforeSave = beforeSave;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (string path in Directory.EnumerateFiles(directory, "*.json"))
        {
            try
            {
                ClusterRestoreRecord record = JsonSerializer.Deserialize<ClusterRestoreRecord>(File.ReadAllBytes(path), Format) ?? throw new JsonException("it is empty");
                _records = _records.SetItem(record.Id, record);
            }
            catch (Exception e) when (e is JsonException or NotSupportedException or InvalidDataException)
            {
                ClusterRestoreLog.RecordDamaged(log, path, e.Message);
            }
        }
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<ClusterRestoreRecord> All => [.. _records.Values.Reverse()];

    /// <summary>The restore that was confirmed and is not over; null when there is none.</summary>
    public ClusterRestoreRecord? Current => All.FirstOrDefault(record => !record.IsOver && record.ConfirmedBy.Length > 0);

    public string? ClaimOn(string node) => Current is { } current && current.Nodes.Any(each => each.Name == node)
        ? $"Restore {current.Id} of the cluster's etcd goes on there ({current.Phase})."
        : null;

    public ClusterRestoreRecord? Find(RestoreId id) => _records.GetValueOrDefault(id);

    /// <summary>Writes the record; when it returns, a restart finds it, also after a loss of power.</summary>
    /// <exception cref="IOException">The disk is full or failing; what was known before stands.</exception>
    public void Save(ClusterRestoreRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_lock)
        {
            _beforeSave(record);
            DurableFiles.Write(PathOf(record.Id), JsonSerializer.SerializeToUtf8Bytes(record, Format));
            _records = _records.SetItem(record.Id, record);
            foreach (ClusterRestoreRecord old in _records.Values.Where(r => r.IsOver).SkipLast(FinishedMax).ToArray())
            {
                File.Delete(PathOf(old.Id));
                _records = _records.Remove(old.Id);
            }
        }
    }

    private string PathOf(RestoreId id) => Path.Combine(_directory, $"{id}.json");
}
