using K8sBackup.Etcd.Browsing;
using K8sBackup.Model.Trees;

namespace K8sBackup.Cli.Inside;

/// <summary>One change of an object in the history.</summary>
/// <param name="Change">The change.</param>
/// <param name="Found">What the object became; null when it was deleted.</param>
/// <param name="Former">What it was before, as far as the history goes.</param>
internal sealed record ObjectChange(KeyChange Change, FoundObject? Found, FoundObject? Former)
{
    public string Key => TreePath.Display(Change.Key.Span);

    public string Word => Change.Record switch
    {
        null => "Deleted",
        { Version: 1 } => "Created",
        _ => "Changed",
    };

    public IReadOnlyList<string> Fields => Found is null || Former is null ? [] : FieldChanges.Of(Former.Object, Found.Object);
}
