using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using K8sBackup.Cli.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests.Commands;

public sealed class RetentionTests : IAsyncLifetime
{
    private static readonly Timestamp Made = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));

    private FakeCoordinator _coordinator = null!;

    public async Task InitializeAsync() => _coordinator = await FakeCoordinator.StartAsync();

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Fact]
    public async Task Explain_EveryPoint_IsALineWithItsReasons()
    {
        _coordinator.Api.Verdicts.Add(new RetentionVerdict
        {
            PointId = Samples.PointId, Plan = "nightly", CreatedAt = Made, Stays = true, Good = { "volume" }, Reasons = { "newest", "volume: daily 1 of 7 (2026-03-04)" },
        });
        _coordinator.Api.Verdicts.Add(new RetentionVerdict { PointId = Samples.RunId, Plan = "nightly", CreatedAt = Made, Reasons = { "volume: last 9, kept are 7" } });

        CliRun run = await _coordinator.RunAsync("retention", "explain", "--plan", "nightly");

        string[] lines = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((ExitCodes.Ok, "nightly", 3), (run.Code, _coordinator.Api.ExplainRequest!.Plan, lines.Length));
        Assert.Matches($@"^{Samples.PointId} +nightly +2026-03-04 05:06:07Z +yes +volume +newest, volume: daily 1 of 7 \(2026-03-04\)", lines[1]);
        Assert.Matches($@"^{Samples.RunId} +nightly +2026-03-04 05:06:07Z +no +volume: last 9, kept are 7", lines[2]);
    }

    [Fact]
    public async Task Explain_Json_HasStableNames()
    {
        _coordinator.Api.Verdicts.Add(new RetentionVerdict { PointId = Samples.PointId, Plan = "nightly", CreatedAt = Made, Stays = true, Reasons = { "newest" } });

        CliRun run = await _coordinator.RunAsync("retention", "explain", "--output", "json");

        JsonElement verdict = JsonDocument.Parse(run.Out).RootElement[0];
        Assert.Equal("", _coordinator.Api.ExplainRequest!.Plan);
        Assert.Equal(Samples.PointId, verdict.GetProperty("pointId").GetString());
        Assert.Equal("2026-03-04T05:06:07.000Z", verdict.GetProperty("createdAt").GetString());
        Assert.True(verdict.GetProperty("stays").GetBoolean());
        Assert.Equal("newest", verdict.GetProperty("reasons")[0].GetString());
    }

    [Fact]
    public async Task Explain_UnknownPlan_IsNotFound()
    {
        _coordinator.Api.Failure = new RpcException(new Status(StatusCode.NotFound, "There is no plan 'x'."));

        CliRun run = await _coordinator.RunAsync("retention", "explain", "--plan", "x");

        Assert.Equal(ExitCodes.NotFound, run.Code);
        Assert.Contains("There is no plan 'x'.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("audit 2026", true)]
    [InlineData("", false)]
    public async Task Pin_Reason_GoesAlongAndTheAnswerSaysWhatChanged(string reason, bool changed)
    {
        CliRun run = await _coordinator.RunAsync("pin", "latest", "--reason", reason, "--output", "json");

        JsonElement pin = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal((ExitCodes.Ok, "latest", reason), (run.Code, _coordinator.Api.PinRequest!.PointId, _coordinator.Api.PinRequest.Reason));
        Assert.Equal((Samples.PointId, true), (pin.GetProperty("pointId").GetString(), pin.GetProperty("pinned").GetBoolean()));
        Assert.Equal(changed, pin.GetProperty("changed").GetBoolean());
    }

    [Fact]
    public async Task Unpin_SaysThatItIsNotPinnedAnyMore()
    {
        CliRun run = await _coordinator.RunAsync("unpin", Samples.PointId);

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Matches($@"Restore point: +{Samples.PointId}", run.Out);
        Assert.Matches("Pinned: +no", run.Out);
        Assert.Matches("Changed: +yes", run.Out);
    }

    [Fact]
    public async Task Pin_WithoutPoint_IsAUsageError() => Assert.Equal(ExitCodes.Usage, (await _coordinator.RunAsync("pin")).Code);
}
