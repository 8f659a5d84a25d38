namespace K8sBackup.Bench.Data;

/// <summary>Makes every file look changed.</summary>
internal static class Touch
{
    public static void All(string root, TimeProvider clock)
    {
        DateTime now = clock.GetUtcNow().UtcDateTime;
        foreach (string file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, now);
        }
    }
}
