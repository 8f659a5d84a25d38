using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Coverage;

/// <summary>The sources that would hold something: an empty node or name stands for any.</summary>
public readonly record struct CoverageKey(SourceKind Kind, string Node, string Name)
{
    /// <summary>All keys the source answers to.</summary>
    public static IEnumerable<CoverageKey> Of(SourceKey source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return
        [
            new CoverageKey(source.Kind, source.Node, source.Name),
            new CoverageKey(source.Kind, "", source.Name),
            new CoverageKey(source.Kind, source.Node, ""),
            new CoverageKey(source.Kind, "", ""),
        ];
    }
}
