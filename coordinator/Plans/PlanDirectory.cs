using System.Security.Cryptography;
using System.Text;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Plans;

/// <summary>
/// The plans of a directory's <c>*.yaml</c> and <c>*.yml</c> files. A file with a fault keeps its last good version in
/// force for as long as this process lives; files are read again when length, time or content changed. One caller of
/// <see cref="Reload"/>; <see cref="Current"/> from any thread.
/// </summary>
public sealed class PlanDirectory : IPlans
{
    /// <summary>Most files read; beyond it something else is in the directory.</summary>
    private const int FilesMax = 1000;

    private readonly Dictionary<string, LoadedFile> _files = new(StringComparer.Ordinal);
    private volatile PlanSet _current = PlanSet.Empty;

    public PlanDirectory(string directory) => Directory = directory;

    /// <summary>Where the files are.</summary>
    public string Directory { get; }

    public PlanSet Current => _current;

    /// <summary>Looks for changes; true when <see cref="Current"/> is another set than before.</summary>
    public bool Reload()
    {
        List<PlanFault> faults = [];
        bool changed = false;
        List<string> names = [];
        try
        {
            names = [.. ListFiles()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Plans stay in force while their directory cannot be seen, for example during a remount.
            return Swap([.. _files.Values.Select(f => f.Good).OfType<BackupPlan>()], [new PlanFault(".", 0, $"The plan directory cannot be read: {e.Message}", true)]);
        }

        if (names.Count > FilesMax)
        {
            faults.Add(new PlanFault(".", 0, $"The plan directory has {names.Count} plan files; only the first {FilesMax} are read.", false));
            names = names[..FilesMax];
        }

        foreach (string gone in _files.Keys.Except(names).ToArray())
        {
            _files.Remove(gone);
            changed = true;
        }

        foreach (string name in names)
        {
            changed |= Load(name);
        }

        return (changed || faults.Count > 0 || _current.Faults.Any(f => f.File == ".")) && Swap(WithoutDuplicates(faults), faults);
    }

    private IEnumerable<string> ListFiles() => System.IO.Directory.EnumerateFiles(Directory)
        .Select(path => Path.GetFileName(path))
        .Where(name => (name.EndsWith(".yaml", StringComparison.Ordinal) || name.EndsWith(".yml", StringComparison.Ordinal)) && !name.StartsWith('.'))
        .Order(StringComparer.Ordinal);

    /// <summary>Reads one file when it changed; true when it did.</summary>
    private bool Load(string name)
    {
        LoadedFile? before = _files.GetValueOrDefault(name);
        string path = Path.Combine(Directory, name);
        try
        {
            FileInfo info = new(path);
            (long Length, DateTime Time) stamp = (info.Length, info.LastWriteTimeUtc);
            if (stamp.Length > 4 * YamlDocumentReader.LengthMax)
            {
                throw new IOException($"the file has {stamp.Length} bytes, far more than a plan needs");
            }

            // A change within the time stamp's resolution that keeps the length shows in the content only.
            byte[] bytes = File.ReadAllBytes(path);
            byte[] hash = SHA256.HashData(bytes);
            if (before is not null && before.Stamp == stamp && before.Hash.AsSpan().SequenceEqual(hash))
            {
                return false;
            }

            List<YamlFault> faults = [];
            BackupPlan? plan = PlanParser.Parse(Encoding.UTF8.GetString(bytes), name, faults);
            _files[name] = new LoadedFile(stamp, hash, plan ?? before?.Good, faults);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string reason = $"The file cannot be read: {e.Message}";
            if (before is not null && before.Faults.Count == 1 && before.Faults[0].Reason == reason)
            {
                return false;
            }

            _files[name] = new LoadedFile(default, [], before?.Good, [new YamlFault(0, reason)]);
            return true;
        }
    }

    private IReadOnlyList<BackupPlan> WithoutDuplicates(List<PlanFault> faults)
    {
        Dictionary<string, BackupPlan> plans = new(StringComparer.Ordinal);
        foreach ((string name, LoadedFile file) in _files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            faults.AddRange(file.Faults.OrderBy(f => f.Line).Select(f => new PlanFault(name, f.Line, f.Reason, file.Good is not null)));
            if (file.Good is { } plan && !plans.TryAdd(plan.Name, plan))
            {
                faults.Add(new PlanFault(name, 0, $"metadata.name: the plan '{plan.Name}' is already defined in {plans[plan.Name].File}.", false));
            }
        }

        return [.. plans.Values];
    }

    private bool Swap(IReadOnlyList<BackupPlan> plans, IReadOnlyList<PlanFault> faults)
    {
        PlanSet before = _current;
        if (before.Faults.SequenceEqual(faults) && before.Plans.SequenceEqual(plans))
        {
            return false;
        }

        _current = new PlanSet(plans, faults);
        return true;
    }

    private sealed record LoadedFile((long Length, DateTime Time) Stamp, byte[] Hash, BackupPlan? Good, IReadOnlyList<YamlFault> Faults);
}
