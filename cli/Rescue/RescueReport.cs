using K8sBackup.Model.Trees;
using K8sBackup.Repository.Restoring;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using EntryState = K8sBackup.Model.Trees.EntryState;
using FileResult = K8sBackup.FileTree.Restoring.RestoreResult;
using FileSummary = K8sBackup.FileTree.Restoring.RestoreSummary;
using ItemOutcome = K8sBackup.Model.Manifests.ItemOutcome;
using RestoreOutcome = K8sBackup.FileTree.Restoring.RestoreOutcome;

namespace K8sBackup.Cli.Rescue;

/// <summary>Collects what a restore of files did to the report all restores have; lists a bounded number of problems.</summary>
internal sealed class RescueReport
{
    private readonly RestoreReport _report = new();
    private long _lost;

    public void AddBytes(int bytes) => _report.BytesRestored += bytes;

    public (long Entries, long Bytes) Position { get; private set; }

    public void Add(FileResult result)
    {
        Position = (Position.Entries + 1, _report.BytesRestored);
        bool isFailed = result.Outcome == RestoreOutcome.Failed;
        if (isFailed || result.Notes.Count > 0)
        {
            List(result.Path, isFailed ? EntryState.Unreadable : EntryState.RecordedOnly, isFailed ? result.Reason : string.Join("; ", result.Notes));
        }
    }

    /// <summary>Entries whose very names are lost.</summary>
    public void Add(TreeLoss tree, ContentLoss loss)
    {
        _lost += tree.Entries;
        List(tree.FirstPath, EntryState.Unreadable, loss.Text);
    }

    public RestoreReport Finish(FileSummary summary, string target)
    {
        foreach (FileResult problem in summary.DirectoryProblems)
        {
            List(problem.Path, EntryState.RecordedOnly, problem.Reason.Length > 0 ? problem.Reason : string.Join("; ", problem.Notes));
        }

        _report.EntriesRestored = summary.Restored;
        _report.EntriesSkipped = summary.Skipped;
        _report.Failed = summary.Failed + _lost;
        _report.Notes.Add($"Restored into {target}.");
        return _report;
    }

    private void List(byte[] path, EntryState state, string reason)
    {
        if (_report.Items.Count < ItemOutcome.ListedMax)
        {
            string bounded = reason.Length <= ItemOutcome.ReasonLengthMax ? reason : reason[..ItemOutcome.ReasonLengthMax];
            _report.Items.Add(EntryMapping.ToWire(new ItemOutcome(TreePath.Display(path), state, bounded)));
        }
    }
}
