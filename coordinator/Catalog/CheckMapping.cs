using K8sBackup.Repository.Checking;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>The result of a check as it is sent.</summary>
internal static class CheckMapping
{
    // Characters of names in one result: it must fit a message however much is lost. The numbers are exact all the same.
    private const int CharactersMax = 1 << 20;

    public static Wire.CheckResult ToWire(CheckReport report)
    {
        Wire.CheckResult result = new()
        {
            Objects = report.Packs + report.IndexSegments + report.Snapshots + report.RestorePoints,
            Snapshots = report.Snapshots,
            Chunks = report.Chunks,
            BytesRead = report.BytesRead,
            OrphanedPacks = report.OrphanCount,
            OrphanedSnapshots = report.OrphanedSnapshots,
            Packs = report.Packs,
            PacksRead = report.PacksRead,
            PacksEverRead = report.PacksEverRead,
        };
        int left = CharactersMax;
        foreach (CheckProblem problem in report.Problems)
        {
            string[] affected = [.. problem.RestorePoints.Select(id => id.ToString()), .. problem.Snapshots.Select(id => id.ToString())];
            result.Problems.Add(new Wire.CheckProblem
            {
                Object = problem.ObjectName,
                Problem = $"{problem.Detail} ({problem.Damage})",
                AffectedCount = affected.Length,
                Affected = { Fitting(affected, ref left) },
                FileCount = problem.PathCount,
                Files = { Fitting(problem.Paths, ref left) },
            });
        }

        return result;
    }

    private static List<string> Fitting(IReadOnlyList<string> names, ref int left)
    {
        List<string> fitting = [];
        foreach (string name in names)
        {
            left -= name.Length;
            if (left < 0)
            {
                break;
            }

            fitting.Add(name);
        }

        return fitting;
    }
}
