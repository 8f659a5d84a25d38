using K8sBackup.Bench.Accounting;

namespace K8sBackup.Bench.Tools;

/// <summary>borg with a key in the repository and zstd level 1, as fast as it compresses; caches of its own.</summary>
internal sealed class BorgTool : IBackupTool
{
    public const string ToolName = "borg";

    private const string Passphrase = "benchmark";

    private readonly CommandRunner _runner;
    private readonly string _data;
    private readonly Dictionary<string, string?> _environment;
    private int _archives;

    public BorgTool(CommandRunner runner, string data, string directory)
    {
        _runner = runner;
        _data = data;
        Repository = Path.Combine(directory, "repository");
        _environment = new()
        {
            ["BORG_PASSPHRASE"] = Passphrase,
            ["BORG_BASE_DIR"] = Path.Combine(directory, "base"),
            ["BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK"] = "yes",
            ["BORG_RELOCATED_REPO_ACCESS_IS_OK"] = "yes",
        };
    }

    public string Name => ToolName;

    public string Repository { get; }

    public static async Task<string> VersionAsync(CommandRunner runner, CancellationToken cancellationToken) =>
        (await runner.RunAsync(ToolName, ToolName, ["--version"], "/", cancellationToken)).Output.Trim();

    public Task PrepareAsync(CancellationToken cancellationToken) => RunAsync(_data, cancellationToken, "init", "--encryption", "repokey", Repository);

    public Task<Measured> BackUpAsync(bool rereadAll, CancellationToken cancellationToken) => RunAsync(
        _data,
        cancellationToken,
        ["create", "--compression", "zstd,1", .. rereadAll ? (string[])["--files-cache", "disabled"] : [], $"{Repository}::{++_archives}", "."]);

    public Task<Measured> RestoreAsync(string target, CancellationToken cancellationToken) =>
        RunAsync(target, cancellationToken, "extract", $"{Repository}::{_archives}");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // It works on the current directory, and extracts into it.
    private async Task<Measured> RunAsync(string folder, CancellationToken cancellationToken, params string[] command) =>
        (await _runner.RunAsync(ToolName, ToolName, command, folder, cancellationToken, _environment)).Measured;
}
