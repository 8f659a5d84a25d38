using K8sBackup.Etcd.Browsing;
using K8sBackup.Kubernetes.Objects;
using K8sBackup.Model.Trees;

namespace K8sBackup.Cli.Inside;

/// <summary>One change of an object in the history, without its value: there may be many.</summary>
internal sealed record ObjectChange
{
    public required string Key { get; init; }

    public required long Revision { get; init; }

    public required long Sub { get; init; }

    /// <summary>Created, Changed or Deleted.</summary>
    public required string Word { get; init; }

    public long Version { get; init; }

    public long Bytes { get; init; }

    public long Lease { get; init; }

    public string KindAndGroup { get; init; } = "";

    public string Problem { get; init; } = "";

    public IReadOnlyList<string> Fields { get; init; } = [];

    /// <param name="change">The change.</param>
    /// <param name="found">What the object became; null when it was deleted.</param>
    /// <param name="former">What it was before, as far as the history goes.</param>
    public static ObjectChange Of(KeyChange change, FoundObject? found, StoredObject? former) => new()
    {
        Key = TreePath.Display(change.Key.Span),
        Revision = change.Revision.Main,
        Sub = change.Revision.Sub,
        Word = change.Record switch
        {
            null => "Deleted",
            { Version: 1 } => "Created",
            _ => "Changed",
        },
        Version = change.Record?.Version ?? 0,
        Bytes = change.Record?.Value.Length ?? 0,
        Lease = change.Record?.Lease ?? 0,
        KindAndGroup = found?.KindAndGroup ?? "",
        Problem = found?.Object.Problem ?? "",
        Fields = found is null || former is null ? [] : FieldChanges.Of(former, found.Object),
    };
}
