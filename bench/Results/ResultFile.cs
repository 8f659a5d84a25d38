using System.Globalization;
using System.Text.Json;

namespace K8sBackup.Bench.Results;

/// <summary>Results as JSON in bench/results, one file for each run.</summary>
internal static class ResultFile
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Writes the file and gives its path.</summary>
    public static string Write(BenchResult result)
    {
        string folder = Path.Combine(SourceRoot(), "bench", "results");
        Directory.CreateDirectory(folder);
        string name = result.StartedAt.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string path = Path.Combine(folder, name + ".json");
        File.WriteAllText(path, JsonSerializer.Serialize(result, Format));
        return path;
    }

    // The program lies in the tree's artifacts; started from elsewhere, the current directory has to do.
    private static string SourceRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "K8sBackupAgent.sln")))
            {
                return at.FullName;
            }
        }

        return Environment.CurrentDirectory;
    }
}
