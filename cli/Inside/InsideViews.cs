using System.Globalization;
using System.Text.Json.Nodes;
using K8sBackup.Cli.Output;

namespace K8sBackup.Cli.Inside;

internal static class InsideViews
{
    public static readonly View<FoundObject> Listed = Describe(new View<FoundObject>(), found => found);

    public static readonly View<ShownObject> Shown = Describe(new View<ShownObject>(), shown => shown.Found)
        .Flag("masked", "Masked", s => s.IsMasked)
        .Json("object", "Object", s => s.Document?.DeepClone())
        .Json("storedBase64", "Stored bytes", s => s.Stored is { } bytes ? JsonValue.Create(Convert.ToBase64String(bytes.Span)) : null);

    public static readonly View<ObjectChange> Change = new View<ObjectChange>()
        .Number("revision", "Revision", c => c.Revision)
        .Number("sub", "Sub", c => c.Sub, FieldPlace.Documents)
        .Text("change", "Change", c => c.Word)
        .Number("version", "Version", c => c.Version)
        .Bytes("bytes", "Size", c => c.Bytes)
        .Number("lease", "Lease", c => c.Lease, FieldPlace.Documents)
        .Text("kind", "Kind", c => c.KindAndGroup)
        .List("fields", "Changed fields", c => c.Fields, FieldPlace.Everywhere)
        .Text("problem", "Not understood", c => c.Problem)
        .Text("key", "Key", c => c.Key, FieldPlace.Documents);

    public static readonly View<ObjectDifference> Difference = new View<ObjectDifference>()
        .Text("change", "Change", d => d.Word)
        .Text("kind", "Kind", d => d.Either.KindAndGroup)
        .Text("namespace", "Namespace", d => d.Either.Object.Namespace)
        .Text("name", "Name", d => d.Either.Object.Name)
        .Number("revisionBefore", "Before", d => d.Before?.Record.ModRevision ?? 0)
        .Number("revisionAfter", "After", d => d.After?.Record.ModRevision ?? 0)
        .List("fields", "Changed fields", d => d.Fields, FieldPlace.Everywhere)
        .Text("problem", "Not understood", d => d.Either.Object.Problem)
        .Text("key", "Key", d => d.Either.Key);

    public static readonly View<ExportSummary> Export = new View<ExportSummary>()
        .Text("directory", "Directory", e => e.Directory)
        .Number("revision", "Revision", e => e.Revision)
        .Number("objects", "Objects", e => e.Objects)
        .Number("files", "Files", e => e.Files)
        .Bytes("bytes", "Bytes", e => e.Bytes)
        .Number("masked", "Secrets masked", e => e.Masked)
        .Number("undecoded", "Not wholly understood, beside their stored bytes", e => e.Undecoded);

    public static readonly View<SavedSnapshot> Saved = new View<SavedSnapshot>()
        .Text("file", "File", s => s.File)
        .Bytes("bytes", "Bytes", s => s.Bytes)
        .Text("sha256", "SHA-256 of the database", s => s.Sha256)
        .Number("revision", "Revision", s => s.Revision);

    /// <summary>A line as <c>etcd ls</c> prints it.</summary>
    public static string Line(FoundObject found, bool isLong)
    {
        bool isRead = found.Object.Kind.Length > 0;
        string kind = isRead ? found.KindAndGroup : $"({found.Object.Form})";
        string name = isRead ? found.Object.Name : found.Key;
        string line = string.Create(CultureInfo.InvariantCulture, $"{kind,-32} {found.Object.Namespace,-20} {name}");
        if (!isLong)
        {
            return line;
        }

        string protection = found.Object.Protection is { } known ? $"  [{known}]" : "";
        string problem = found.Object.Problem.Length > 0 ? $"  ({found.Object.Problem})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{found.Record.ModRevision,12} {found.Record.Value.Length,9} {line}  {found.Key}{protection}{problem}");
    }

    private static View<T> Describe<T>(View<T> view, Func<T, FoundObject> found) => view
        .Text("kind", "Kind", f => found(f).Object.Kind)
        .Text("apiVersion", "API version", f => found(f).Object.ApiVersion)
        .Text("namespace", "Namespace", f => found(f).Object.Namespace)
        .Text("name", "Name", f => found(f).Object.Name)
        .Text("form", "Form", f => found(f).Object.Form.ToString())
        .Text("protection", "Encrypted with", f => found(f).Object.Protection?.ToString() ?? "")
        .Flag("complete", "Wholly understood", f => found(f).Object.IsComplete)
        .Text("problem", "Not understood", f => found(f).Object.Problem)
        .Number("createRevision", "Created at", f => found(f).Record.CreateRevision)
        .Number("modRevision", "Changed at", f => found(f).Record.ModRevision)
        .Number("version", "Version", f => found(f).Record.Version)
        .Number("lease", "Lease", f => found(f).Record.Lease)
        .Bytes("bytes", "Size", f => found(f).Record.Value.Length)
        .Map("labels", "Labels", f => found(f).Object.Labels)
        .Text("key", "Key", f => found(f).Key)
        .Text("keyBase64", "Key bytes", f => Convert.ToBase64String(found(f).Record.Key.Span), FieldPlace.Documents);
}
