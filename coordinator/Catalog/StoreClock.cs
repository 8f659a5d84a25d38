using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Repository.Pruning;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>Says when this machine's clock and the store's differ by more than a prune puts up with. Whose is wrong is for people to find out.</summary>
public sealed class StoreClock : IStatusWarnings
{
    private static readonly TimeSpan DifferenceMax = new PruneOptions().ClockSkewMax;

    private readonly Func<TimeSpan?> _ahead;

    /// <param name="ahead">How far the store's clock is ahead; null when that is not known.</param>
    public StoreClock(Func<TimeSpan?> ahead) => _ahead = ahead;

    public Task<IReadOnlyList<string>> WarningsAsync(CancellationToken cancellationToken)
    {
        TimeSpan ahead = _ahead() ?? TimeSpan.Zero;
        return Task.FromResult<IReadOnlyList<string>>(ahead.Duration() > DifferenceMax
            ? [$"The store's clock is {ahead.Duration():d\\.hh\\:mm\\:ss} {(ahead < TimeSpan.Zero ? "behind" : "ahead of")} the coordinator's: schedules and times of restore points may be wrong, and nothing is deleted until they agree."]
            : []);
    }
}
