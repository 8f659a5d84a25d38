using System.Globalization;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Patterns;
using K8sBackup.Model.Trees;

namespace K8sBackup.FileTree.Walking;

/// <summary>What a walk leaves out by its rules, counted. One thread.</summary>
internal sealed class LeavingOut(WalkOptions options)
{
    private readonly PatternList _patterns = new(options.Rules.Patterns);
    private readonly ExclusionTally _tally = new();

    public Exclusions Exclusions => new(options.Rules, _tally.Excluded);

    /// <summary>Whether a path is left out. What it is, is asked only where a pattern could depend on it.</summary>
    public bool Leaves(byte[] path, Func<bool> isDirectory)
    {
        if (options.Included?.Invoke(path) == false)
        {
            return true;
        }

        if (_patterns.IsEmpty)
        {
            return false;
        }

        bool directory = isDirectory();
        if (_patterns.LeavesOut(path, directory) is not { } pattern)
        {
            return false;
        }

        _tally.Add(pattern.Text, path, directory);
        return true;
    }

    public TreeEntry Directory(TreeEntry directory, string rule, string reason)
    {
        _tally.Add(rule, directory.Path, isDirectory: true);
        return directory with { State = EntryState.RecordedOnly, Reason = reason };
    }

    public bool IsTooLarge(long size) => options.Rules.FileBytesMax > 0 && size > options.Rules.FileBytesMax;

    // Of no kind, so that nobody ever takes it for a file of zeros.
    public TreeEntry TooLarge(TreeEntry file)
    {
        _tally.Add("maxFileSize", file.Path, isDirectory: false);
        return WalkEntries.Recorded(file.Path, EntryState.RecordedOnly, string.Create(
            CultureInfo.InvariantCulture, $"a file of {file.Size} bytes, more than the {options.Rules.FileBytesMax} the plan takes"));
    }
}
