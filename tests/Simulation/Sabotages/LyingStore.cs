using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;

namespace K8sBackup.Simulation.Sabotages;

/// <summary>I9: takes manifests as written when they were sent, and answers every question about them from its own memory.</summary>
internal sealed class LyingStore(IObjectStore inner) : PassingStore(inner)
{
    private readonly Dictionary<string, byte[]> _memory = new(StringComparer.Ordinal);

    public override Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (!name.StartsWith(ObjectNames.SnapshotsPrefix, StringComparison.Ordinal))
        {
            return base.PutIfAbsentAsync(name, content, cancellationToken);
        }

        _memory[name] = content.ToArray();
        return Task.FromResult(PutOutcome.Created);
    }

    public override Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        _memory.TryGetValue(name, out byte[]? content) ? Task.FromResult(content) : base.GetAsync(name, maxBytes, cancellationToken);

    public override Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) =>
        _memory.TryGetValue(name, out byte[]? content)
            ? Task.FromResult<ObjectInfo?>(new ObjectInfo(name, content.Length, DateTimeOffset.UnixEpoch))
            : base.HeadAsync(name, cancellationToken);
}
