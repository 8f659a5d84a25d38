using K8sBackup.Coordinator.OperatorApi;

namespace K8sBackup.Coordinator.Runs;

/// <summary>Plans whose newest run found etcd's data in doubt: a suspect snapshot, or members that hold different data.</summary>
public sealed class RunWarnings : IStatusWarnings
{
    private const int PlansMax = 10;

    private readonly RunStore _runs;

    public RunWarnings(RunStore runs) => _runs = runs;

    public Task<IReadOnlyList<string>> WarningsAsync(CancellationToken cancellationToken)
    {
        IEnumerable<RunRecord> newest = _runs.List().Where(run => run is { IsOver: true, AfterChange: false }).DistinctBy(run => run.Plan, StringComparer.Ordinal);
        return Task.FromResult<IReadOnlyList<string>>(
            [.. newest.Where(run => run.Doubtful).Take(PlansMax).Select(run => $"etcd's data is in doubt (plan {run.Plan}, run {run.Id}): {string.Join(' ', run.Notes)}")]);
    }
}
