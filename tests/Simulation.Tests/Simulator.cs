using K8sBackup.TestKit.Processes;

namespace K8sBackup.Simulation.Tests;

/// <summary>The simulation as the process it is.</summary>
internal static class Simulator
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    public static readonly string Program = Path.Combine(
        AppContext.BaseDirectory, "..", "..", "K8sBackup.Simulation", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "K8sBackup.Simulation.dll");

    public static Task<ProcessResult> RunAsync(params string[] arguments) => ChildProcess.RunAsync("dotnet", [Program, .. arguments], Patience);

    public static void AssertHeld(ProcessResult result) =>
        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode}\n{result.StandardOutput}\n{result.StandardError}");
}
