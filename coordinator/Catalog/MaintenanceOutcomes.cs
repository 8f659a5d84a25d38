using System.Globalization;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Pruning;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>
/// What the last check and the last prune of this process said, for people who do not read its log: damage, and what keeps space from coming back.
/// Thread-safe.
/// </summary>
public sealed class MaintenanceOutcomes : IStatusWarnings
{
    // These end by themselves.
    private static readonly PruneObstacleKind[] Passing = [PruneObstacleKind.Upload, PruneObstacleKind.Locked];

    private readonly TimeProvider _clock;
    private volatile CheckOutcome? _check;
    private volatile PruneOutcome? _prune;

    public MaintenanceOutcomes(TimeProvider clock) => _clock = clock;

    /// <summary>When the last check ended and how many problems it found; null before the first.</summary>
    public (DateTimeOffset At, long Problems)? Check => _check is { } last ? (last.At, last.Problems) : null;

    /// <summary>When the last prune ended and how many obstacles it met that do not pass by themselves; null before the first.</summary>
    public (DateTimeOffset At, int Obstacles)? Prune => _prune is { } last ? (last.At, last.Obstacles.Count) : null;

    /// <summary>A check ended.</summary>
    public void Note(CheckReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        CheckProblem? first = report.Problems.Count > 0 ? report.Problems[0] : null;
        _check = new CheckOutcome(
            _clock.GetUtcNow(), report.ProblemCount, report.DamagedSnapshots.Count, first is null ? "" : $"{first.ObjectName}: {first.Detail}");
    }

    /// <summary>A prune that was no plan only ended.</summary>
    public void Note(PruneReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        _prune = new PruneOutcome(_clock.GetUtcNow(), [.. report.Obstacles.Where(o => !Passing.Contains(o.Kind))]);
    }

    public Task<IReadOnlyList<string>> WarningsAsync(CancellationToken cancellationToken)
    {
        List<string> warnings = [];
        if (_check is { Problems: > 0 } check)
        {
            warnings.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"The check of {check.At:yyyy-MM-dd HH:mm} UTC found {check.Problems} problems, which cost {check.Snapshots} snapshots; the first is {check.First}. 'k8sbackup check' names all, with restore points and files."));
        }

        if (_prune is { Obstacles: [{ } obstacle, ..] } prune)
        {
            warnings.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"The prune of {prune.At:yyyy-MM-dd HH:mm} UTC could not do all it should, for {prune.Obstacles.Count} reasons; the first is {obstacle.Kind}: {obstacle.Detail}"));
        }

        return Task.FromResult<IReadOnlyList<string>>(warnings);
    }

    private sealed record CheckOutcome(DateTimeOffset At, long Problems, int Snapshots, string First);

    private sealed record PruneOutcome(DateTimeOffset At, IReadOnlyList<PruneObstacle> Obstacles);
}
