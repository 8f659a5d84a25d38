using System.Globalization;
using System.Text;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Patterns;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Plans;

/// <summary>Reads what a source of files leaves out.</summary>
internal static class ExcludeParser
{
    private static readonly (string Unit, int Shift)[] _units = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("", 0)];

    public static ExcludeRules Read(YamlObject options)
    {
        IReadOnlyList<string> patterns = options.Texts("exclude");
        if (patterns.Count > ExcludeRules.PatternsMax)
        {
            options.Fault("exclude", $"at most {ExcludeRules.PatternsMax} patterns are expected, not {patterns.Count}.");
        }

        foreach (string pattern in patterns)
        {
            if (Problem(pattern) is { } problem)
            {
                options.Fault("exclude", $"{problem}: '{pattern}'.");
            }
        }

        return new ExcludeRules
        {
            Patterns = patterns,
            Marked = options.Flag("excludeMarked", false),
            Caches = options.Flag("excludeCaches", false),
            FileBytesMax = Size(options, "maxFileSize"),
        };
    }

    // What git would pass over in silence is most likely meant otherwise.
    private static string? Problem(string pattern) =>
        Encoding.UTF8.GetByteCount(pattern) > PathPattern.BytesMax ? $"a pattern has at most {PathPattern.BytesMax} bytes"
        : pattern.Any(c => c is '\0' or '\n') ? "a pattern has no line break and no NUL"
        : PathPattern.Parse(pattern) is not { } parsed ? "blank, or a comment; write \\# for a name that begins with #"
        : !parsed.IsPossible ? "no name fits; is a bracket not closed, a component empty, '.' or '..', or a backslash last?"
        : null;

    private static long Size(YamlObject options, string field)
    {
        if (options.Text(field) is not { } text)
        {
            return 0;
        }

        (string unit, int shift) = _units.First(u => text.EndsWith(u.Unit, StringComparison.Ordinal));
        if (long.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0 && number <= long.MaxValue >> shift)
        {
            return number << shift;
        }

        options.Fault(field, $"a size such as 500Mi, 10Gi or a number of bytes is expected, not '{text}'.");
        return 0;
    }
}
