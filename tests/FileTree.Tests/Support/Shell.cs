using System.Diagnostics;

namespace K8sBackup.FileTree.Tests.Support;

/// <summary>Runs a shell script in a directory and fails the test when it fails.</summary>
internal static class Shell
{
    public static string Run(string directory, string script)
    {
        ProcessStartInfo start = new("/bin/bash")
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "-euc", script },
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script}\n{output}{errors.Result}");
        return output.TrimEnd('\n');
    }
}
