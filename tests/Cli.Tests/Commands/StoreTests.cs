using System.Text.Json;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Terminal;
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

        (int code, string output, string error) = await RunAsync("store", "validate", "--store", Store, "--output", "json");

        Assert.True(code == ExitCodes.Ok, output + error);
        JsonElement[] results = [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
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
        (int code, _, string error) = await RunAsync(["store", "validate", .. arguments]);

        Assert.Equal(expected, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        CliContext context = new()
        {
            Out = output,
            Error = error,
            In = TextReader.Null,
            ReadSecret = () => null,
            OpenBinaryOut = () => Stream.Null,
            Variable = _ => null,
        };
        int code = await CommandLine.RunAsync(arguments, context, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }
}
