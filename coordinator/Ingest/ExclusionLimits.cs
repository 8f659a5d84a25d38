using System.Text;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Patterns;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>What an agent may say about the rules of its walk.</summary>
internal static class ExclusionLimits
{
    // Beside the patterns: two marks, the size, other mounts.
    private const int OtherRules = 4;

    public static bool Hold(Exclusions exclusions) =>
        exclusions.Rules.Patterns.Count <= ExcludeRules.PatternsMax
        && exclusions.Rules.Patterns.All(pattern => Encoding.UTF8.GetByteCount(pattern) <= PathPattern.BytesMax)
        && exclusions.Excluded.Count <= ExcludeRules.PatternsMax + OtherRules
        && exclusions.Excluded.All(excluded => excluded.Examples.Count <= Excluded.ExamplesMax && excluded.Files >= 0 && excluded.Directories >= 0);

    /// <summary>The same with texts nobody is harmed by. The patterns stay as they are: a restore compares with them.</summary>
    public static Exclusions Harmless(Exclusions exclusions, Func<string, string> harmless) => exclusions with
    {
        Excluded = [.. exclusions.Excluded.Select(e => e with { Rule = harmless(e.Rule), Examples = [.. e.Examples.Select(harmless)] })],
    };
}
