using System.Globalization;
using System.Text.RegularExpressions;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Simulation.Tests;

/// <summary>Each invariant with one of its safeguards taken away: a simulation that does not notice proves nothing.</summary>
public sealed partial class SabotageTests
{
    private const int FailuresMax = 25;

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
    [InlineData("CopiesNotAwaited", "I1")]
    public async Task WithoutTheSafeguard_TheSimulationFails(string sabotage, string invariant, int firstSeed = 1)
    {
        // Where many seeds notice nothing, the first is one behind most of those.
        int first = firstSeed;
        for (int failures = 0; failures < FailuresMax; failures++)
        {
            ProcessResult result = await Simulator.RunAsync("--sabotage", sabotage, "--first", first.ToString(CultureInfo.InvariantCulture), "--seeds", "300");
            Match failed = FailedSeed().Match(result.StandardOutput);

            Assert.True(result.ExitCode == 1 && failed.Success, $"exit code {result.ExitCode}\n{result.StandardOutput}\n{result.StandardError}");
            Assert.Contains("replay: ./dev sim --first ", result.StandardOutput, StringComparison.Ordinal);
            if (failed.Groups["invariant"].Value == invariant)
            {
                return;
            }

            // Some break other invariants, too; which one a seed meets first changes with the code.
            first = int.Parse(failed.Groups["seed"].Value, CultureInfo.InvariantCulture) + 1;
        }

        Assert.Fail($"{FailuresMax} seeds fail without {sabotage}, and none by {invariant}.");
    }

    [GeneratedRegex("seed (?<seed>[0-9]+) failed: (?<invariant>I[0-9]+) broken: ")]
    private static partial Regex FailedSeed();
}
