using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Restoring;

namespace K8sBackup.Cli.Rescue;

/// <summary>Tells about parts of a tree that cannot be read, and goes on behind them.</summary>
internal sealed class LossNotes
{
    private readonly CliContext _context;

    public LossNotes(CliContext context) => _context = context;

    public int Count { get; private set; }

    /// <summary>True for damage, which concerns this part alone.</summary>
    public bool PassOver(TreeLoss loss)
    {
        if (!ContentLoss.IsDamage(loss.Cause))
        {
            return false;
        }

        Count++;
        _context.Error.WriteLine($"warning: {TreePath.Display(loss.FirstPath)}: {Printable.Text(new ContentLoss(loss.Cause, loss).Text)}");
        return true;
    }
}
