using System.Runtime.CompilerServices;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;

namespace K8sBackup.Simulation.Sabotages;

/// <summary>I1: says that a pack is in the copy when it is only on its way there, and answers every question about it until then.</summary>
internal sealed class HastyCopy(IObjectStore inner, TimeProvider clock) : PassingStore(inner)
{
    private static readonly TimeSpan Behind = TimeSpan.FromMinutes(2);

    private readonly SortedDictionary<string, byte[]> _onTheirWay = new(StringComparer.Ordinal);

    public override Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (!name.StartsWith(ObjectNames.PacksPrefix, StringComparison.Ordinal))
        {
            return base.PutIfAbsentAsync(name, content, cancellationToken);
        }

        _onTheirWay[name] = content.ToArray();
        _ = WriteLaterAsync(name, _onTheirWay[name]);
        return Task.FromResult(PutOutcome.Created);
    }

    public override Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (!_onTheirWay.TryGetValue(name, out byte[]? content))
        {
            return base.GetRangeAsync(name, offset, destination, cancellationToken);
        }

        content.AsMemory((int)offset, destination.Length).CopyTo(destination);
        return Task.CompletedTask;
    }

    public override async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        SortedDictionary<string, ObjectInfo> listed = new(StringComparer.Ordinal);
        await foreach (ObjectInfo info in base.ListAsync(prefix, cancellationToken))
        {
            listed[info.Name] = info;
        }

        foreach ((string name, byte[] content) in _onTheirWay.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            listed[name] = new ObjectInfo(name, content.Length, DateTimeOffset.UnixEpoch);
        }

        foreach (ObjectInfo info in listed.Values)
        {
            yield return info;
        }
    }

    private async Task WriteLaterAsync(string name, byte[] content)
    {
        await Task.Delay(Behind, clock);
        await base.PutIfAbsentAsync(name, content, CancellationToken.None);
    }
}
