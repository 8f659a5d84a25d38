using System.Text.Json;

namespace K8sBackup.Integration.Tests;

/// <summary>Reads what the command line prints about runs.</summary>
internal static class RunJson
{
    public static string State(this JsonElement run) => run.GetProperty("state").GetString()!;

    /// <summary>The source of that kind and name, such as <c>volume/data</c>.</summary>
    public static JsonElement Source(this JsonElement run, string prefix) => run.GetProperty("sources").EnumerateArray()
        .Single(s => s.GetProperty("source").GetString()!.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Why a source failed.</summary>
    public static string Cause(this JsonElement source) => source.GetProperty("failure").GetProperty("cause").GetString()!;
}
