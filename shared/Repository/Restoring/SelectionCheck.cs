using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;

namespace K8sBackup.Repository.Restoring;

/// <summary>Finds out whether a snapshot has what is selected.</summary>
public static class SelectionCheck
{
    /// <exception cref="BackupException">NotFound: the tree has no such path; the message names it.</exception>
    public static async Task RequireAllAsync(TreeReader tree, PathSelection selection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(selection);
        foreach (byte[] path in selection.Paths)
        {
            if (await tree.FindAsync(path, cancellationToken) is null)
            {
                throw new BackupException(FailureCause.NotFound, $"The snapshot has no '{TreePath.Display(path)}'.");
            }
        }
    }
}
