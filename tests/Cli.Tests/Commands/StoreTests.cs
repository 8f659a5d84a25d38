using System.Text.Json;
using K8sBackup.Cli.Failures;
using K8sBackup.ObjectStore.Contract;
using K8sBackup.TestKit;

namespace K8sBackup.Cli.Tests.Commands;

public sealed class StoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Store => Path.Combine(_directory.Path, "store");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Validate_GoodDirectory_PassesEveryCheckAndCleansUp()
    {
        Directory.CreateDirectory(Store);
        await File.WriteAllTextAsync(Path.Combine(Store, "config"), "of somebody");

        CliRun run = await StoreWorld.RunAsync("store", "validate", "--store", Store, "--output", "json");

        Assert.True(run.Code == ExitCodes.Ok, run.Out + run.Error);
        JsonElement[] results = [.. JsonDocument.Parse(run.Out).RootElement.EnumerateArray()];
        Assert.Equal(StoreContract.Checks.Select(c => c.Name), results.Select(r => r.GetProperty("check").GetString()));
        Assert.All(results, r => Assert.True(r.GetProperty("passed").GetBoolean()));
        Assert.Equal("of somebody", await File.ReadAllTextAsync(Path.Combine(Store, "config")));
        Assert.Single(Directory.EnumerateFiles(Store, "*", SearchOption.AllDirectories), f => Path.GetFileName(f) != ".swap-lock");
    }

    [Theory]
    [InlineData(ExitCodes.Usage, "is no bucket name", "--store", "s3://B")]
    [InlineData(ExitCodes.Usage, "is no prefix", "--store", "s3://bucket/Up")]
    [InlineData(ExitCodes.Usage, "a directory or s3://", "--store", "https://s3.example/bucket")]
    [InlineData(ExitCodes.Usage, "--endpoint takes an address", "--store", "s3://bucket", "--endpoint", "s3.example")]
    [InlineData(ExitCodes.Usage, "no keys", "--store", "s3://bucket", "--endpoint", "http://127.0.0.1:1", "--credentials-file", "/nonexistent/keys")]
    [InlineData(ExitCodes.NotFound, "no such store directory", "--store", "/nonexistent/store")]
    public async Task Validate_StoreThatMakesNoSense_SaysWhy(int expected, string reason, params string[] arguments)
    {
        CliRun run = await StoreWorld.RunAsync(["store", "validate", .. arguments]);

        Assert.Equal(expected, run.Code);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }
}
