using System.Collections.Concurrent;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.Retention;

namespace K8sBackup.Repository.Tests.Keeping;

/// <summary>Remembers ends of retention; nothing has one to begin with.</summary>
internal sealed class Keeper : IObjectRetention
{
    /// <summary>The clock retention ends by.</summary>
    public required TimeProvider Clock { get; init; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    public ConcurrentDictionary<string, DateTimeOffset> Ends { get; } = new(StringComparer.Ordinal);

    public string? Refused { get; init; }

    /// <summary>Objects that are gone by the time they are asked for.</summary>
    public string? GonePrefix { get; init; }

    public Task<DateTimeOffset?> RetainedUntilAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult(Ends.TryGetValue(name, out DateTimeOffset end) ? end : (DateTimeOffset?)null);

    public Task ExtendAsync(string name, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (GonePrefix is not null && name.StartsWith(GonePrefix, StringComparison.Ordinal))
        {
            throw new ObjectStoreException(ObjectStoreError.NotFound, "retention", name, "no such object");
        }

        Ends[name] = name != Refused ? until : throw new ObjectStoreException(ObjectStoreError.PermissionDenied, "retention", name, "no right");
        return Task.CompletedTask;
    }
}
