using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;

namespace K8sBackup.Simulation.Sabotages;

/// <summary>I1: says that a pack is written when it is only on its way.</summary>
internal sealed class HastyStore(IObjectStore inner, TimeProvider clock) : PassingStore(inner)
{
    private static readonly TimeSpan Behind = TimeSpan.FromMinutes(2);

    public override Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (!name.StartsWith(ObjectNames.PacksPrefix, StringComparison.Ordinal))
        {
            return base.PutIfAbsentAsync(name, content, cancellationToken);
        }

        _ = WriteLaterAsync(name, content.ToArray());
        return Task.FromResult(PutOutcome.Created);
    }

    private async Task WriteLaterAsync(string name, byte[] content)
    {
        await Task.Delay(Behind, clock);
        await base.PutIfAbsentAsync(name, content, CancellationToken.None);
    }
}
