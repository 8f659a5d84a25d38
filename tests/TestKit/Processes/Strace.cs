using System.ComponentModel;
using System.Diagnostics;

namespace K8sBackup.TestKit.Processes;

/// <summary>Whether processes can be traced here: containers may forbid it.</summary>
public static class Strace
{
    /// <summary>Why not; null when they can.</summary>
    public static readonly string? MissingBecause = FindMissing();

    private static string? FindMissing()
    {
        try
        {
            using Process strace = Process.Start(new ProcessStartInfo("strace", ["-f", "-o", "/dev/null", "true"]) { RedirectStandardError = true })!;
            string error = strace.StandardError.ReadToEnd();
            strace.WaitForExit();
            return strace.ExitCode == 0 ? null : $"Processes cannot be traced here: {error.Trim()}";
        }
        catch (Win32Exception e)
        {
            return $"strace is not there: {e.Message}";
        }
    }
}
