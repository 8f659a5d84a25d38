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
            && (Namespace is null || (isRead ? found.Object.Namespace == Namespace : segments.Length >= 4 && segments[^2] == Namespace))
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

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
