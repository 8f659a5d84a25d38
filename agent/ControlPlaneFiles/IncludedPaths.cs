using System.Text;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>Lets a walk from the host root see the wanted paths, what lies below them, and the directories on the way.</summary>
internal sealed class IncludedPaths
{
    private readonly IReadOnlyList<byte[]> _wanted;

    public IncludedPaths(IEnumerable<string> wanted) => _wanted = [.. wanted.Select(path => Encoding.UTF8.GetBytes(path))];

    public bool Contains(byte[] path) => _wanted.Any(wanted => TreePath.IsAtOrBelow(path, wanted) || TreePath.IsAtOrBelow(wanted, path));
}
