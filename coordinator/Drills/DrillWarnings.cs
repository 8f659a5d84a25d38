using System.Globalization;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Coordinator.Drills;

/// <summary>Drills that failed, and rounds that could not be held.</summary>
public sealed class DrillWarnings : IStatusWarnings
{
    private const int ListedMax = 10;

    private readonly DrillDirectory _directory;
    private readonly ScheduledDrills _schedule;

    public DrillWarnings(DrillDirectory directory, ScheduledDrills schedule)
    {
        _directory = directory;
        _schedule = schedule;
    }

    public async Task<IReadOnlyList<string>> WarningsAsync(CancellationToken cancellationToken)
    {
        List<string> warnings = [];
        try
        {
            DrillEntry[] failed = [.. (await _directory.NewestAsync(cancellationToken)).Values.Where(d => !d.Passed)];
            warnings.AddRange(failed.OrderByDescending(d => d.ObjectName, StringComparer.Ordinal).Take(ListedMax).Select(Describe));
            if (failed.Length > ListedMax)
            {
                warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{failed.Length - ListedMax} more snapshots failed their last drill."));
            }
        }
        catch (BackupException e)
        {
            warnings.Add($"The records of drills cannot be read: {e.Failure.Message}");
        }

        if (_schedule.Trouble is { } trouble)
        {
            warnings.Add($"The last scheduled drills could not be held: {trouble}");
        }

        return warnings;
    }

    private static string Describe(DrillEntry entry) => entry.Record is { } record
        ? string.Create(CultureInfo.InvariantCulture, $"The drill of {record.Source} from restore point {record.Point} on {record.EndedAt:yyyy-MM-dd} failed: {record.Reason}")
        : $"The record of the last drill of snapshot {entry.Snapshot} cannot be read.";
}
