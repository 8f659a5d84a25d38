using System.Globalization;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Simulation.Tests;

/// <summary>Each invariant with one of its safeguards taken away: a simulation that does not notice proves nothing.</summary>
public sealed class SabotageTests
{
    [Theory]
    [InlineData("PacksNotAwaited", "I1")]
    [InlineData("CreateOnlyIgnored", "I2")]
    [InlineData("LockNeeded", "I3")]
    [InlineData("SnapshotsNotListedAgain", "I4")]
    [InlineData("GraceIgnored", "I4")]
    [InlineData("FencingIgnored", "I3", 140)]
    [InlineData("ClockBelieved", "I4", 90)]
    [InlineData("ReadsNotAuthenticated", "I5")]
    [InlineData("WorkRenamed", "I6")]
    [InlineData("ClaimsBelieved", "I7")]
    [InlineData("PacksUnbounded", "I8")]
    [InlineData("WritesNotProved", "I9")]
    [InlineData("VersionIgnored", "I10")]
    public async Task WithoutTheSafeguard_TheSimulationFails(string sabotage, string invariant, int firstSeed = 1)
    {
        // Some break other invariants, too; the first seed is one behind those.
        ProcessResult result = await Simulator.RunAsync(
            "--sabotage", sabotage, "--first", firstSeed.ToString(CultureInfo.InvariantCulture), "--seeds", "300");

        Assert.True(result.ExitCode == 1, $"exit code {result.ExitCode}\n{result.StandardOutput}\n{result.StandardError}");
        Assert.Contains($"failed: {invariant} broken: ", result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("replay: ./dev sim --first ", result.StandardOutput, StringComparison.Ordinal);
    }
}
