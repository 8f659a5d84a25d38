using K8sBackup.Agent.Download;
using K8sBackup.Agent.Session;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Restoring;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Restore;

/// <summary>Says what a restore of files would do. The stream has no content then, and nothing on the node changes.</summary>
internal static class FilesPreview
{
    // A report must fit a message of the session.
    private const int ListedCharactersMax = 400_000;
    private const int TextLengthMax = 1024;

    /// <exception cref="BackupException">The stream or the target is unusable.</exception>
    public static async Task<RestoreReport> RunAsync(
        FilesTarget target, RestoreOptions options, IRestoreItems feed, WorkMeter meter, CancellationToken cancellationToken)
    {
        meter.Begin("comparing");
        long lost = 0;
        try
        {
            using TreePreview preview = new(target.Directory, options);
            while (await feed.NextAsync(cancellationToken) is { } item)
            {
                if (item.ItemCase == RestoreItem.ItemOneofCase.Entry)
                {
                    preview.Take(EntryMapping.ToModel(item.Entry));
                    meter.AddFile();
                }
                else if (item.ItemCase == RestoreItem.ItemOneofCase.Loss)
                {
                    lost += item.Loss.IsTree ? item.Loss.Entries : 1;
                    preview.NoteMissingEntries();
                }
            }

            preview.Complete();
            if (target.WhyGone() is { } gone)
            {
                throw new BackupException(FailureCause.TargetUnusable, $"The volume went away while it was looked at. {gone}");
            }

            return Report(target, preview, lost);
        }
        catch (Exception e) when (e is LinuxException or InvalidDataException)
        {
            FailureCause cause = e is InvalidDataException ? FailureCause.ProtocolViolation : FailureCause.TargetUnusable;
            throw new BackupException(cause, $"{target.NodePath} cannot be compared: {e.Message}", e);
        }
    }

    private static RestoreReport Report(FilesTarget target, TreePreview preview, long lost)
    {
        PreviewCounts counts = preview.Counts;
        RestorePreview wire = new()
        {
            Create = counts.Create,
            CreateBytes = counts.CreateBytes,
            Replace = counts.Replace,
            ReplaceBytes = counts.ReplaceBytes,
            Alike = counts.Alike,
            Keep = counts.Keep,
            Delete = counts.Delete,
            Fail = counts.Fail + lost,
        };
        int characters = 0;
        foreach (PreviewChange change in preview.Changes)
        {
            PlannedChange planned = new() { Action = (PlannedAction)(int)change.Action, Path = Cut(TreePath.Display(change.Path)), Detail = Cut(change.Detail) };
            characters += planned.Path.Length + planned.Detail.Length;
            if (characters <= ListedCharactersMax)
            {
                wire.Changes.Add(planned);
            }
        }

        RestoreReport report = new() { Preview = wire, Notes = { $"Nothing was changed in {target.NodePath}." } };
        if (lost > 0)
        {
            report.Notes.Add($"{lost} entries of the snapshot are lost in the store; from the first of them on nothing is deleted.");
        }

        return report;
    }

    private static string Cut(string text) => text.Length <= TextLengthMax ? text : text[..TextLengthMax] + "...";
}
