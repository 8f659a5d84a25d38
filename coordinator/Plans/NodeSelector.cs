using System.IO.Enumeration;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Plans;

/// <summary>
/// Chooses nodes: every condition given must hold. Names are patterns with <c>*</c> and <c>?</c>, of which one must fit.
/// </summary>
public sealed record NodeSelector(IReadOnlyList<string> Names, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<Role> Roles)
{
    public bool Matches(NodeRecord node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return (Names.Count == 0 || Names.Any(pattern => Fits(pattern, node.Name)))
            && Labels.All(label => node.Labels.TryGetValue(label.Key, out string? value) && value == label.Value)
            && (Roles.Count == 0 || Roles.Contains(node.Role));
    }

    /// <summary>The names given without a pattern: nodes the plan counts on.</summary>
    public IEnumerable<string> ExactNames => Names.Where(name => !name.AsSpan().ContainsAny('*', '?'));

    private static bool Fits(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
