using System.Globalization;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.TestKit.Postgres;

/// <summary>
/// A PostgreSQL of its own for a test: Debian's programs, a fresh cluster, reached by a Unix socket alone, quiet while nobody asks it anything,
/// so that its files stand still. It runs as another user, since it refuses root, and is stopped by its id.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Account = "postgres";
    private const string Versions = "/usr/lib/postgresql";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("k8sbackup-pg-");
    private ChildProcess? _server;

    private PostgresServer()
    {
    }

    /// <summary>The cluster's directory.</summary>
    public string Data => Path.Combine(_folder.FullName, "data");

    /// <summary>Directory of the socket: what clients name as their host.</summary>
    public string Host => _folder.FullName;

    public static async Task<PostgresServer> StartAsync()
    {
        PostgresServer server = new();
        try
        {
            await server.InitialiseAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What psql prints for a statement, rows alone, in a database.</summary>
    public async Task<string> QueryAsync(string database, string sql)
    {
        ProcessResult result = await ChildProcess.RunAsync(
            "psql", ["-X", "-qAt", "-v", "ON_ERROR_STOP=1", "-h", Host, "-U", Account, "-d", database, "-c", sql], Patience);
        Assert.True(result.ExitCode == 0, result.StandardError);
        return result.StandardOutput.Trim();
    }

    /// <summary>Loads a dump in plain SQL into a database.</summary>
    public async Task LoadAsync(string database, string file)
    {
        ProcessResult result = await ChildProcess.RunAsync(
            "psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", Host, "-U", Account, "-d", database, "-f", file], Patience);
        Assert.True(result.ExitCode == 0, result.StandardError);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            // A fast shutdown: whoever is connected is sent away.
            _server.Interrupt();
            await _server.WaitForExitAsync(Patience);
            await _server.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private static string Program(string name) =>
        Directory.EnumerateDirectories(Versions)
            .OrderByDescending(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
            .Select(path => Path.Combine(path, "bin", name))
            .First(File.Exists);

    // setpriv turns into the program: its id is the server's.
    private static string[] As(string program, params string[] arguments) =>
        [$"--reuid={Account}", $"--regid={Account}", "--init-groups", Program(program), .. arguments];

    private async Task InitialiseAsync()
    {
        await RunAsync("chown", Account, _folder.FullName);
        await RunAsync("setpriv", As("initdb", "-D", Data, "-U", Account, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"));
        string[] settings =
        [
            "listen_addresses=", "fsync=off", "autovacuum=off", "wal_level=minimal", "max_wal_senders=0", "checkpoint_timeout=1h",
            "bgwriter_lru_maxpages=0", "max_connections=20", "shared_buffers=16MB", "log_min_messages=log",
        ];
        _server = ChildProcess.Start("setpriv", As("postgres", ["-D", Data, "-k", Host, .. settings.SelectMany(s => new[] { "-c", s })]));
        await _server.WaitForLineAsync(line => line.Contains("ready to accept connections", StringComparison.Ordinal), Patience);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        ProcessResult result = await ChildProcess.RunAsync(program, arguments, Patience);
        Assert.True(result.ExitCode == 0, $"{program}: {result.StandardError}{result.StandardOutput}");
    }
}
