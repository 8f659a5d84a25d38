using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace K8sBackup.FakeKube.Objects;

/// <summary>A column of <c>kubectl get</c>, which the server fills.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="Type">What it holds; a <c>date</c> is shown as an age.</param>
/// <param name="Path">Fields, and items of lists by <c>[?(@.field=="value")]</c>.</param>
/// <param name="Priority">Above 0 it is shown when wanted only.</param>
public sealed partial record PrinterColumn(string Name, string Type, string Path, long Priority)
{
    /// <summary>Null when there is nothing.</summary>
    public JsonNode? Cell(JsonObject item, DateTimeOffset now)
    {
        JsonNode? at = item;
        foreach (Match step in Step().Matches(Path))
        {
            at = step.Groups[1].Success
                ? (at as JsonObject)?[step.Groups[1].Value]
                : (at as JsonArray)?.FirstOrDefault(each => (string?)each?[step.Groups[2].Value] == step.Groups[3].Value);
        }

        return at is not null && Type == "date" ? Age(now - DateTimeOffset.Parse((string)at!, CultureInfo.InvariantCulture)) : at?.DeepClone();
    }

    private static string Age(TimeSpan age) => age switch
    {
        { TotalMinutes: < 2 } => $"{(int)age.TotalSeconds}s",
        { TotalHours: < 3 } => $"{(int)age.TotalMinutes}m",
        { TotalDays: < 2 } => $"{(int)age.TotalHours}h",
        _ => $"{(int)age.TotalDays}d",
    };

    [GeneratedRegex(@"\.(\w+)|\[\?\(@\.(\w+)==""([^""]*)""\)\]")]
    private static partial Regex Step();
}
