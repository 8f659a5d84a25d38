using K8sBackup.Model.Manifests;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Mapping;

/// <summary>Rules of walks, and what they left out, on the wire.</summary>
public static class ExclusionMapping
{
    public static Wire.ExcludeRules ToWire(ExcludeRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return new Wire.ExcludeRules { Patterns = { rules.Patterns }, Marked = rules.Marked, Caches = rules.Caches, FileBytesMax = rules.FileBytesMax };
    }

    /// <summary>The rules; none for none.</summary>
    public static ExcludeRules ToModel(Wire.ExcludeRules? wire) => wire is null
        ? ExcludeRules.None
        : new ExcludeRules { Patterns = [.. wire.Patterns], Marked = wire.Marked, Caches = wire.Caches, FileBytesMax = Math.Max(0, wire.FileBytesMax) };

    public static Wire.Exclusions ToWire(Exclusions exclusions)
    {
        ArgumentNullException.ThrowIfNull(exclusions);
        return new Wire.Exclusions
        {
            Rules = ToWire(exclusions.Rules),
            Excluded =
            {
                exclusions.Excluded.Select(e => new Wire.Excluded { Rule = e.Rule, Files = e.Files, Directories = e.Directories, Examples = { e.Examples } }),
            },
        };
    }

    /// <summary>The exclusions; null for none.</summary>
    public static Exclusions? ToModel(Wire.Exclusions? wire) => wire is null
        ? null
        : new Exclusions(ToModel(wire.Rules), [.. wire.Excluded.Select(e => new Excluded(e.Rule, e.Files, e.Directories, [.. e.Examples]))]);
}
