using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace K8sBackup.FakeKube.Objects;

/// <summary>Which objects a list or watch is about.</summary>
internal sealed partial class Selectors
{
    private readonly List<Func<JsonObject, bool>> _conditions = [];

    public Selectors(ResourceDefinition type, string labels, string fields)
    {
        foreach (Match part in LabelPart().Matches(labels))
        {
            _conditions.Add(Label(part.Value.Trim()));
        }

        foreach (string part in fields.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            _conditions.Add(Field(type, part));
        }
    }

    public bool Fit(JsonObject item) => _conditions.TrueForAll(condition => condition(item));

    private static Func<JsonObject, bool> Label(string part)
    {
        Match set = SetPart().Match(part);
        if (set.Success)
        {
            string[] values = set.Groups[3].Value.Split(',', StringSplitOptions.TrimEntries);
            bool isIn = set.Groups[2].Value == "in";
            return item => LabelOf(item, set.Groups[1].Value) is { } value ? values.Contains(value) == isIn : !isIn;
        }

        Match compare = ComparePart().Match(part);
        if (compare.Success)
        {
            (string key, string value) = (compare.Groups[1].Value, compare.Groups[3].Value);
            return compare.Groups[2].Value == "!=" ? item => LabelOf(item, key) != value : item => LabelOf(item, key) == value;
        }

        if (!ExistsPart().IsMatch(part))
        {
            throw ApiFaultException.BadRequest($"unable to parse requirement: '{part}'");
        }

        return part[0] == '!' ? item => LabelOf(item, part[1..]) is null : item => LabelOf(item, part) is not null;
    }

    private static Func<JsonObject, bool> Field(ResourceDefinition type, string part)
    {
        Match compare = ComparePart().Match(part);
        string path = compare.Groups[1].Value;
        if (!compare.Success || (path is not ("metadata.name" or "metadata.namespace") && !type.SelectableFields.Contains(path)))
        {
            throw ApiFaultException.BadRequest($"field label not supported: {(compare.Success ? path : part)}");
        }

        bool isEqual = compare.Groups[2].Value != "!=";
        return item => ((item.At(path)?.ToString() ?? "") == compare.Groups[3].Value) == isEqual;
    }

    private static string? LabelOf(JsonObject item, string key) => (string?)item.Meta()["labels"]?[key];

    // Commas in parentheses belong to the part.
    [GeneratedRegex(@"(?:[^,(]|\([^)]*\))+")]
    private static partial Regex LabelPart();

    [GeneratedRegex(@"^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$")]
    private static partial Regex SetPart();

    [GeneratedRegex(@"^([\w./-]+)\s*(==|!=|=)\s*([\w.:/-]*)$")]
    private static partial Regex ComparePart();

    [GeneratedRegex(@"^!?[\w./-]+$")]
    private static partial Regex ExistsPart();
}
