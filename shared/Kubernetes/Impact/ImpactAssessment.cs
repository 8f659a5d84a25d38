using System.Text;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Kubernetes.Objects;

namespace K8sBackup.Kubernetes.Impact;

/// <summary>
/// Compares what is with what would come back, key by key in order. Memory: two values at a time, and lists of bounded size.
/// What a value says counts; where it says nothing (encrypted, malformed) the segments of its key do.
/// </summary>
public sealed class ImpactAssessment
{
    // Kinds times namespaces of a large cluster; what comes after is counted together.
    private const int GroupsMax = 4000;
    private const int InfrastructureMax = 2000;

    // A report must fit a message.
    private const int CharactersMax = 300_000;
    private const string Others = "(others)";

    private static readonly HashSet<string> _infrastructure = new(StringComparer.Ordinal) { "Node", "PersistentVolume", "PersistentVolumeClaim" };

    private readonly ObjectDecoder _decoder;
    private readonly ImpactQuery _query;
    private readonly SortedDictionary<(string Kind, string Namespace), long[]> _groups = new(Comparer<(string Kind, string Namespace)>.Create(
        (a, b) => string.CompareOrdinal(a.Kind, b.Kind) is var byKind && byKind != 0 ? byKind : string.CompareOrdinal(a.Namespace, b.Namespace)));

    private readonly List<ImpactObject> _objects = [];
    private readonly List<ImpactObject> _named = [];
    private int _characters;
    private bool _isCut;

    /// <summary>An assessment; for one use.</summary>
    public ImpactAssessment(ObjectDecoder decoder, ImpactQuery query)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(query);
        _decoder = decoder;
        _query = query;
    }

    /// <summary>Compares.</summary>
    /// <param name="now">The cluster as it is.</param>
    /// <param name="then">What would come back.</param>
    /// <param name="revisions">The two revisions, asked for when all is read.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<ImpactReport> RunAsync(IKeySpace now, IKeySpace then, Func<(long Now, long Then)> revisions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(revisions);
        long[] totals = new long[4];
        await foreach (KeyDifference difference in KeySpaceDiff.CompareAsync(now, then, KeyRange.All, cancellationToken).ConfigureAwait(false))
        {
            ImpactObject found = Describe(difference);
            totals[(int)found.Change]++;
            Count(found);
            if (_infrastructure.Contains(found.Kind) && found.Change != ImpactChange.Changes)
            {
                Keep(_objects, found, InfrastructureMax);
            }

            if (_query.NamesMax > 0 && _query.Names(found))
            {
                Keep(_named, found, Math.Min(_query.NamesMax, ImpactQuery.NamesLimit));
            }
        }

        (long revisionNow, long revisionThen) = revisions();
        return new ImpactReport
        {
            RevisionThen = revisionThen,
            RevisionNow = revisionNow,
            Vanishing = totals[(int)ImpactChange.Vanishes],
            Returning = totals[(int)ImpactChange.Returns],
            Changing = totals[(int)ImpactChange.Changes],
            Groups =
            [
                .. _groups.Select(g => new ImpactGroup(
                    g.Key.Kind, g.Key.Namespace, g.Value[(int)ImpactChange.Vanishes], g.Value[(int)ImpactChange.Returns], g.Value[(int)ImpactChange.Changes])),
            ],
            Infrastructure = _objects,
            Named = _named,
            IsCut = _isCut,
        };
    }

    private ImpactObject Describe(KeyDifference difference)
    {
        ImpactChange change = difference switch
        {
            { After: null } => ImpactChange.Vanishes,
            { Before: null } => ImpactChange.Returns,
            _ => ImpactChange.Changes,
        };
        KeyRecord record = (difference.Before ?? difference.After)!;
        StoredObject found = _decoder.Decode(record.Key.Span, record.Value.Span, record.ModRevision);
        if (found.Kind.Length > 0)
        {
            string group = found.ApiVersion.Contains('/', StringComparison.Ordinal) ? "." + found.ApiVersion.Split('/')[0] : "";
            return new ImpactObject(change, found.Kind + group, found.Namespace, found.Name);
        }

        // PREFIX/RESOURCE/NAMESPACE/NAME, with a group, which has a dot, before the resource of custom resources.
        string[] parts = Encoding.UTF8.GetString(record.Key.Span).Split('/', StringSplitOptions.RemoveEmptyEntries);
        int resource = parts.Length > 1 && parts[1].Contains('.', StringComparison.Ordinal) ? 2 : 1;
        string kind = $"({(parts.Length > resource + 1 ? parts[resource] : "key")})";
        return new ImpactObject(change, kind, parts.Length > resource + 2 ? parts[^2] : "", parts.Length > 0 ? parts[^1] : "");
    }

    private void Count(ImpactObject found)
    {
        (string, string) key = (found.Kind, found.Namespace);
        if (!_groups.TryGetValue(key, out long[]? counts))
        {
            if (_groups.Count >= GroupsMax || !Fits(found.Kind.Length + found.Namespace.Length))
            {
                _isCut = true;
                key = (Others, "");
            }

            counts = _groups.TryGetValue(key, out long[]? others) ? others : _groups[key] = new long[4];
        }

        counts[(int)found.Change]++;
    }

    private void Keep(List<ImpactObject> list, ImpactObject found, int max)
    {
        if (list.Count < max && Fits(found.Kind.Length + found.Namespace.Length + found.Name.Length))
        {
            list.Add(found);
        }
        else
        {
            _isCut = true;
        }
    }

    private bool Fits(int characters)
    {
        if (_characters + characters > CharactersMax)
        {
            return false;
        }

        _characters += characters;
        return true;
    }
}
