using K8sBackup.Bench.Accounting;

namespace K8sBackup.Bench.Tools;

/// <summary>restic with its defaults: local repository, automatic compression, a cache of its own.</summary>
internal sealed class ResticTool : IBackupTool
{
    public const string ToolName = "restic";

    private const string Password = "benchmark";

    private readonly CommandRunner _runner;
    private readonly string _data;
    private readonly string _directory;
    private readonly string _passwordFile;

    public ResticTool(CommandRunner runner, string data, string directory)
    {
        _runner = runner;
        _data = data;
        _directory = directory;
        _passwordFile = Path.Combine(directory, "password");
        Repository = Path.Combine(directory, "repository");
    }

    public string Name => ToolName;

    public string Repository { get; }

    public static async Task<string> VersionAsync(CommandRunner runner, CancellationToken cancellationToken) =>
        (await runner.RunAsync(ToolName, ToolName, ["version"], "/", cancellationToken)).Output.Trim();

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(_passwordFile, Password, cancellationToken);
        await RunAsync(cancellationToken, "init");
    }

    public Task<Measured> BackUpAsync(bool rereadAll, CancellationToken cancellationToken) =>
        RunAsync(cancellationToken, rereadAll ? ["backup", "--force", "."] : ["backup", "."]);

    public Task<Measured> RestoreAsync(string target, CancellationToken cancellationToken) =>
        RunAsync(cancellationToken, "restore", "latest", "--target", target);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // From within the data, so that paths in the repository begin at its root.
    private async Task<Measured> RunAsync(CancellationToken cancellationToken, params string[] command)
    {
        string[] common = ["--repo", Repository, "--password-file", _passwordFile, "--cache-dir", Path.Combine(_directory, "cache")];
        return (await _runner.RunAsync(ToolName, ToolName, [.. common, .. command], _data, cancellationToken)).Measured;
    }
}
