using System.Text;

namespace K8sBackup.Cli.Inside;

/// <summary>
/// Which objects are meant. What a value says counts; only where it says nothing (encrypted, malformed) the segments of its
/// key do, so that such objects can be found, too.
/// </summary>
internal sealed record ObjectFilter(string? Kind, string? Namespace, string? Name, IReadOnlyList<LabelTerm> Labels)
{
    public static readonly ObjectFilter Everything = new(null, null, null, []);

    public bool Matches(FoundObject found)
    {
        string[] segments = Encoding.UTF8.GetString(found.Record.Key.Span).Split('/');
        bool isRead = found.Object.Kind.Length > 0;
        return (Kind is null || MatchesKind(found, segments, isRead))
            && (Namespace is null || (isRead ? found.Object.Namespace == Namespace : NamespaceIn(segments) == Namespace))
            && (Name is null || (isRead ? found.Object.Name == Name : segments[^1] == Name))
            && (Labels.Count == 0 || (isRead && Labels.All(term => term.Holds(found.Object.Labels))));
    }

    // Kind (Secret), or resource as the key has it (secrets); with a group behind the first dot.
    private bool MatchesKind(FoundObject found, string[] segments, bool isRead)
    {
        string[] wanted = Kind!.Split('.', 2);
        string? group = wanted.ElementAtOrDefault(1);
        bool isResource = segments.Length > 2 && segments[1..^1].Any(segment => Same(segment, wanted[0]));
        return isRead
            ? (Same(found.Object.Kind, wanted[0]) || isResource) && (group is null || Same(found.Group, group))
            : isResource && (group is null || segments.Any(segment => Same(segment, group)));
    }

    // PREFIX/RESOURCE/NAMESPACE/NAME, with a group, which has a dot, before the resource of custom resources. One segment less
    // is an object of the whole cluster.
    private static string? NamespaceIn(string[] segments)
    {
        string[] parts = segments[0].Length == 0 ? segments[1..] : segments;
        int least = parts.Length > 1 && parts[1].Contains('.', StringComparison.Ordinal) ? 5 : 4;
        return parts.Length >= least ? parts[^2] : null;
    }

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
