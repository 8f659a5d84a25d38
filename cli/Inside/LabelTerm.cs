using System.Buffers;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Inside;

/// <summary>One condition on labels: <c>a=b</c>, <c>a!=b</c>, <c>a</c> or <c>!a</c>.</summary>
internal sealed record LabelTerm(string Name, string? Value, bool IsNegated)
{
    private static readonly SearchValues<char> NeverInNames = SearchValues.Create("!()<> ");

    /// <summary>Conditions separated by commas, all of which must hold.</summary>
    public static IReadOnlyList<LabelTerm> ParseAll(string text) => [.. text.Split(',').Select(Parse)];

    // As in Kubernetes, a label that is not there is not equal to anything.
    public bool Holds(IReadOnlyDictionary<string, string> labels) =>
        (labels.TryGetValue(Name, out string? value) && (Value is null || value == Value)) != IsNegated;

    private static LabelTerm Parse(string text)
    {
        string term = text.Trim();
        int equals = term.IndexOf('=', StringComparison.Ordinal);
        string name = (equals < 0 ? term : term[..equals]).TrimEnd('=', '!').Trim();
        bool isNegated = equals < 0 ? term.StartsWith('!') : equals > 0 && term[equals - 1] == '!';
        name = equals < 0 ? name.TrimStart('!').Trim() : name;
        return name.Length > 0 && !name.AsSpan().ContainsAny(NeverInNames)
            ? new LabelTerm(name, equals < 0 ? null : term[(equals + 1)..].TrimStart('=').Trim(), isNegated)
            : throw new BackupException(FailureCause.InvalidRequest, $"'{text}' is no condition on labels; write a=b, a!=b, a or !a.");
    }
}
