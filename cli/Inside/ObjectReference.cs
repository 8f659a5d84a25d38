using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Kubernetes.Objects;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Inside;

/// <summary>The OBJECT argument: a key, or <c>KIND/NAME</c> with a namespace if it has one.</summary>
internal sealed record ObjectReference(KeyRange Range, ObjectFilter Filter, string Text)
{
    private const int NamedMax = 5;

    public static Argument<string> Argument() => new("OBJECT")
    {
        Description = "KIND/NAME or KIND/NAMESPACE/NAME, such as configmaps/kube-system/coredns; or a key, which begins with '/' or has no '/' or more than two.",
    };

    public static Option<string?> NamespaceOption() => new("--namespace", "-n") { Description = "Namespace of the object.", HelpName = "NAME" };

    public static ObjectReference Parse(string text, string? inNamespace)
    {
        string[] parts = text.Split('/');
        bool isKey = parts.Length is 1 or > 3 || parts[0].Length == 0;
        if (isKey)
        {
            return inNamespace is null
                ? new ObjectReference(KeyRange.Only(PathArgument.Bytes(text)), ObjectFilter.Everything, text)
                : throw new BackupException(FailureCause.InvalidRequest, $"'{text}' is a key, which has its namespace in it.");
        }

        if (parts.Any(part => part.Length == 0) || (parts.Length == 3 && inNamespace is not null))
        {
            throw new BackupException(FailureCause.InvalidRequest, $"'{text}' names no object; write KIND/NAME, KIND/NAMESPACE/NAME, or a key.");
        }

        return new ObjectReference(KeyRange.All, new ObjectFilter(parts[0], parts.Length == 3 ? parts[1] : inNamespace, parts[^1], []), text);
    }

    /// <summary>The one object this names.</summary>
    /// <exception cref="BackupException">There is none, or there are several.</exception>
    public async Task<FoundObject> FindAsync(IKeySpace space, ObjectDecoder decoder, CancellationToken cancellationToken)
    {
        List<FoundObject> found = [];
        await foreach (FoundObject match in ObjectList.ReadAsync(space, Range, decoder, Filter, cancellationToken))
        {
            found.Add(match);
            if (found.Count > NamedMax)
            {
                break;
            }
        }

        return found switch
        {
            [var only] => only,
            [] => throw None(),
            _ => throw Several(found.Select(match => match.Key)),
        };
    }

    /// <summary>The one key this names in the history, dead or alive.</summary>
    /// <exception cref="BackupException">There is none, or there are several.</exception>
    public KeyRange FindKey(SnapshotDatabase database, ObjectDecoder decoder, CancellationToken cancellationToken)
    {
        if (Filter == ObjectFilter.Everything)
        {
            return Range;
        }

        Dictionary<string, KeyRange> keys = [];
        foreach (KeyChange change in database.History(Range, cancellationToken))
        {
            if (change.Record is { } record && FoundObject.Read(record, decoder) is var found && Filter.Matches(found))
            {
                keys.TryAdd(found.Key, KeyRange.Only(record.Key.Span));
                if (keys.Count > NamedMax)
                {
                    break;
                }
            }
        }

        return keys.Count switch
        {
            1 => keys.Values.Single(),
            0 => throw None(),
            _ => throw Several(keys.Keys),
        };
    }

    private BackupException None() => new(FailureCause.NotFound, $"The snapshot has no '{Text}'.");

    private BackupException Several(IEnumerable<string> keys) => new(
        FailureCause.InvalidRequest, $"'{Text}' names several objects; give a namespace, a group or a key. Some are: {string.Join(", ", keys)}.");
}
