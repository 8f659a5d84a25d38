using System.Collections.Immutable;
using System.Text.Json;
using K8sBackup.Coordinator.State;
using K8sBackup.Model.Ids;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Restores;

/// <summary>
/// The restores there are, one document each in <c>restores</c> of the state home, all in memory: they are bounded by <see cref="FinishedMax"/>. A document that
/// is damaged is left alone and passed over, since it is history, not data. Thread-safe.
/// </summary>
public sealed class RestoreStore
{
    /// <summary>Finished restores kept; the oldest go first.</summary>
    public const int FinishedMax = 1000;

    private const string Folder = "restores";

    private readonly IStateHome _home;
    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<RestoreId, RestoreRecord> _records = ImmutableSortedDictionary<RestoreId, RestoreRecord>.Empty;

    public RestoreStore(IStateHome home, ILogger<RestoreStore> log)
    {
        ArgumentNullException.ThrowIfNull(home);
        _home = home;
        foreach (string name in home.Names(Folder))
        {
            try
            {
                if (home.Read<RestoreRecord>($"{Folder}/{name}") is { } record)
                {
                    _records = _records.SetItem(record.Id, record);
                }
            }
            catch (Exception e) when (e is InvalidDataException or JsonException or NotSupportedException)
            {
                RestoreLog.RecordDamaged(log, $"{Folder}/{name}", e.Message);
            }
        }
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<RestoreRecord> All => [.. _records.Values.Reverse()];

    public RestoreRecord? Find(RestoreId id) => _records.GetValueOrDefault(id);

    /// <summary>Keeps the record; a restart finds it when <see cref="FlushAsync"/> has returned, or at once when the home is a directory.</summary>
    /// <exception cref="IOException">The disk is full or failing; what was known before stands.</exception>
    public void Save(RestoreRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_lock)
        {
            _home.Write(NameOf(record.Id), record);
            _records = _records.SetItem(record.Id, record);
            PruneLocked();
        }
    }

    /// <summary>Returns when the record as last saved outlives this process.</summary>
    public Task FlushAsync(RestoreId id, CancellationToken cancellationToken) => _home.FlushAsync(NameOf(id), cancellationToken);

    private void PruneLocked()
    {
        RestoreRecord[] surplus = [.. _records.Values.Where(record => record.IsOver).SkipLast(FinishedMax)];
        foreach (RestoreRecord record in surplus)
        {
            _home.Delete(NameOf(record.Id));
            _records = _records.Remove(record.Id);
        }
    }

    private static string NameOf(RestoreId id) => $"{Folder}/{id}";
}
