using System.Globalization;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Volumes;

/// <summary>
/// How much a source will be, for progress: what it was last time; the first time a quick walk counts ahead of the
/// reading one. A guess for people, so nothing fails over it.
/// </summary>
internal sealed class TotalsMemory
{
    private const int CountedBetweenReports = 1000;

    private readonly string _directory;

    public TotalsMemory(AgentOptions options) => _directory = Path.Combine(options.StateDirectory, "totals");

    /// <summary>Sets the totals of the last time; false when there was none.</summary>
    public bool Recall(string source, WorkMeter meter)
    {
        string path = PathOf(source);
        string[] parts = File.Exists(path) ? File.ReadAllText(path).Split(' ') : [];
        bool known = parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long files)
            && Set(meter, bytes, files);
        return known;
    }

    public void Note(string source, long bytes, long files)
    {
        Directory.CreateDirectory(_directory);
        File.WriteAllText(PathOf(source), string.Create(CultureInfo.InvariantCulture, $"{bytes} {files}"));
    }

    /// <summary>Counts what a walk of the same options will meet.</summary>
    public static void Count(SafeFileHandle root, WalkOptions options, WorkMeter meter, ReadPolicy policy, CancellationToken cancellationToken)
    {
        using PatientReader calls = new(policy, cancellationToken);
        using TreeWalker walker = new(root, options, calls);
        (long bytes, long files, int unreported) = (0, 0, 0);
        while (walker.MoveNext() && !cancellationToken.IsCancellationRequested)
        {
            if (walker.Current.Kind == EntryKind.File)
            {
                (bytes, files) = (bytes + walker.Current.Size, files + 1);
            }

            if (++unreported >= CountedBetweenReports)
            {
                unreported = 0;
                meter.SetTotals(bytes, files);
            }
        }

        meter.SetTotals(bytes, files);
    }

    private static bool Set(WorkMeter meter, long bytes, long files)
    {
        meter.SetTotals(bytes, files);
        return true;
    }

    // Source names are checked to be usable as file names.
    private string PathOf(string source) => Path.Combine(_directory, source.Replace('/', '_'));
}
