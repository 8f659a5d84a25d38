using System.Text.Json;
using K8sBackup.Coordinator.Resources;
using K8sBackup.TestKit.Postgres;

namespace K8sBackup.Integration.Tests;

/// <summary>
/// A real PostgreSQL in a pod, with real processes all around it: hooks about the backup of its files, dumps by pg_dump, and what a dump is for. The
/// stand-in API server runs what is run in the pod here.
/// </summary>
public sealed class PostgresTests : IAsyncLifetime
{
    private const int Rows = 20_000;
    private const string Fingerprint = "SELECT count(*), md5(string_agg(id || name || coalesce(note, '-'), ',' ORDER BY id)) FROM orders";

    private readonly PodVolumeFixture _cluster = new();
    private PostgresServer _postgres = null!;

    private KubeObjects Kube => _cluster.Kube;

    public async Task InitializeAsync()
    {
        await _cluster.InitializeAsync();
        _postgres = await PostgresServer.StartAsync();
        await _postgres.QueryAsync("postgres", "CREATE DATABASE shop");
        await _postgres.QueryAsync("postgres", "CREATE TABLE steps (id serial, step text)");
        await _postgres.QueryAsync(
            "shop",
            $"CREATE TABLE orders (id int PRIMARY KEY, name text NOT NULL, note text); INSERT INTO orders SELECT i, 'Käufer ' || i, CASE WHEN i % 3 = 0 THEN NULL ELSE md5(i::text) END FROM generate_series(1, {Rows}) i");
        string pod = _cluster.SeedPod("pg-0", PodVolumeFixture.First, """[{"name": "pg", "persistentVolumeClaim": {"claimName": "pg"}}]""");
        (string volume, string handle) = _cluster.SeedClaim("pg");
        await _cluster.Kubelet(PodVolumeFixture.First).BindAsync(
            _postgres.Data, _cluster.Kubelet(PodVolumeFixture.First).UnmountedCsi(pod, volume, "csi.example", handle));
    }

    public async Task DisposeAsync()
    {
        // First what has its directory mounted.
        await _cluster.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task Plan_OfADatabase_HasItsFilesBetweenHooksAndDumpsThatCanBeLoaded()
    {
        BackupResource backup = await BackUpAsync();

        Dictionary<string, SourceOutcome> outcomes = backup.Status.Sources.ToDictionary(s => s.Source.Split('.')[^2], StringComparer.Ordinal);
        Assert.Equal(["missing", "orders", "pg"], outcomes.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("PartiallyFailed", backup.Status.Phase);
        Assert.Equal(("Completed", "Completed"), (outcomes["orders"].State, outcomes["pg"].State));
        Assert.Equal(("Failed", "HookFailed"), (outcomes["missing"].State, outcomes["missing"].Reason));
        Assert.Contains("The command pg_dump in pod shop/pg-0 ended with 1: pg_dump: error:", outcomes["missing"].Message, StringComparison.Ordinal);
        Assert.Contains("database \"nowhere\" does not exist", outcomes["missing"].Message, StringComparison.Ordinal);
        Assert.Equal("before,after", await _postgres.QueryAsync("postgres", "SELECT string_agg(step, ',' ORDER BY id) FROM steps"));

        // As an archive, loaded into a database that was not there.
        string name = NameOf(outcomes["orders"]);
        string dump = Path.Combine(_cluster.Cluster.State, "orders.sql");
        await _cluster.Cluster.CliAsync("download", backup.Status.RestorePoint, $"volume/{name}", "-o", dump);
        await _postgres.QueryAsync("postgres", "CREATE DATABASE again");
        await _postgres.LoadAsync("again", dump);
        string rows = await _postgres.QueryAsync("shop", Fingerprint);
        Assert.StartsWith($"{Rows}|", rows, StringComparison.Ordinal);
        Assert.Equal(rows, await _postgres.QueryAsync("again", Fingerprint));

        // As a file on a node, by the agent there.
        await Kube.CreateAsync(ResourceKinds.Restores, "dump-back", $$$"""
            {"backupRef": {"name": "{{{backup.Metadata.Name}}}"}, "files": {"volume": "{{{name}}}", "node": "pods", "onNode": "{{{PodVolumeFixture.First}}}", "target": "/srv/recovered"} }
            """);
        await Kube.UntilAsync(ResourceKinds.Restores, "dump-back", r => KubeObjects.Is(r.Status.Conditions, "Completed"));
        Assert.Equal(await File.ReadAllBytesAsync(dump), await File.ReadAllBytesAsync(_cluster.On(PodVolumeFixture.First, "/srv/recovered/orders.sql")));
        Dictionary<string, string?> told = (await _cluster.Cluster.CliJsonAsync("coverage")).EnumerateArray()
            .Where(item => item.GetProperty("kind").GetString() == "dump")
            .ToDictionary(item => item.GetProperty("name").GetString()!, item => item.GetProperty("state").GetString(), StringComparer.Ordinal);
        Assert.Equal(("protected", "unprotected"), (told["shop/pg-0/orders"], told["shop/pg-0/missing"]));
        await _cluster.AssertSoundAsync();
    }

    private static string NameOf(SourceOutcome outcome) => outcome.Source["volume/".Length..outcome.Source.IndexOf('@', StringComparison.Ordinal)];

    private async Task<BackupResource> BackUpAsync()
    {
        string host = _postgres.Host;
        string Step(string step, string then) => JsonSerializer.Serialize((string[])["psql", "-h", host, "-U", "postgres", "-c", $"INSERT INTO steps (step) VALUES ('{step}')", "-c", then]);
        string Dump(string name, string database) =>
            $$$"""{"podCommand": {"name": "{{{name}}}", "namespaces": ["shop"], "pods": ["pg-*"], "command": ["pg_dump", "-h", "{{{host}}}", "-U", "postgres", "{{{database}}}"], "file": "orders.sql"} }""";
        await Kube.CreateAsync(ResourceKinds.BackupPlans, "database", $$$"""
            {"sources": [{"podVolumes": {"default": "exclude", "rules": [{"include": {"claims": ["pg"]} }]} }, {{{Dump("orders", "shop")}}}, {{{Dump("missing", "nowhere")}}}],
             "hooks": [{"namespaces": ["shop"], "pre": [{"command": {{{Step("before", "CHECKPOINT")}}} }], "post": [{"command": {{{Step("after", "SELECT 1")}}} }]}]}
            """);
        await Kube.UntilAsync(ResourceKinds.BackupPlans, "database", p => KubeObjects.Is(p.Status.Conditions, "Ready"));
        await Kube.CreateAsync(ResourceKinds.Backups, "database", """{"planRef": {"name": "database"}}""");
        return await Kube.UntilAsync(ResourceKinds.Backups, "database", b => KubeObjects.Is(b.Status.Conditions, "Finished"));
    }
}
