using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Restoring;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Restoring;
using K8sBackup.Transport.V1;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Cli.Rescue;

/// <summary>Writes what comes out of the store into a directory of this machine, with the same guards as an agent's restore.</summary>
internal sealed class FileRescue
{
    private readonly string _target;
    private readonly RestoreOptions _options;
    private readonly Action<long, long> _progress;
    private readonly RescueReport _report = new();

    public FileRescue(string target, RestoreOptions options, Action<long, long> progress)
    {
        _target = target;
        _options = options;
        _progress = progress;
    }

    /// <exception cref="BackupException">The target cannot be used, or has no room; nothing is left half-written.</exception>
    public async Task<RestoreReport> RunAsync(IAsyncEnumerable<ContentItem> contents, CancellationToken cancellationToken)
    {
        using SafeFileHandle directory = Open();
        using TreeRestorer restorer = new(directory, _options);
        try
        {
            bool wanted = false;
            string damage = "";
            await foreach (ContentItem item in contents.WithCancellation(cancellationToken))
            {
                switch (item.Kind)
                {
                    case ContentItemKind.Entry:
                        (wanted, damage) = (await restorer.BeginEntryAsync(item.Entry!, cancellationToken), "");
                        break;
                    case ContentItemKind.Data when wanted:
                        wanted = await restorer.WriteAsync(item.Extent.FileOffset, item.Bytes, cancellationToken);
                        _report.AddBytes(item.Extent.Length);
                        break;
                    case ContentItemKind.Loss when item.Loss!.Tree is { } tree:
                        _report.Add(tree, item.Loss);
                        break;
                    case ContentItemKind.Loss:
                        damage = item.Loss!.Text;
                        break;
                    case ContentItemKind.End:
                        Take(damage.Length > 0 ? await restorer.FailEntryAsync(damage) : await restorer.EndEntryAsync(cancellationToken));
                        break;
                    default:
                        break;
                }
            }

            return _report.Finish(await restorer.CompleteAsync(cancellationToken), _target);
        }
        catch (IOException e)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The restore into {_target} ended early: {e.Message}", e);
        }
    }

    private SafeFileHandle Open()
    {
        try
        {
            Directory.CreateDirectory(_target);
            return DirectoryHandles.OpenRoot(_target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"{_target} cannot be used: {e.Message}", e);
        }
    }

    private void Take(RestoreResult result)
    {
        if (result.Cause == RestoreCause.NoSpace)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"There is no room left at {_target}; {TreePath.Display(result.Path)} could not be written.");
        }

        _report.Add(result);
        _progress(_report.Position.Entries, _report.Position.Bytes);
    }
}
