using K8sBackup.Coordinator.Resources;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>Our objects as people see them: what kubectl itself makes of them.</summary>
public sealed class KubectlTests : IAsyncLifetime
{
    private const string Plan = """
        apiVersion: k8sbackup.dev/v1alpha1
        kind: BackupPlan
        metadata: {name: nightly, namespace: k8s-backup}
        spec: {schedule: "0 2 * * *", sources: [{volume: {name: data, path: /srv/data}}]}
        """;

    private const string Backup = """
        apiVersion: k8sbackup.dev/v1alpha1
        kind: Backup
        metadata: {name: now, namespace: k8s-backup}
        spec: {planRef: {name: nightly}}
        """;

    private ResourceWorld _world = null!;
    private Kubectl _kubectl = null!;

    public async Task InitializeAsync()
    {
        _world = await ResourceWorld.StartAsync();
        _kubectl = new Kubectl(_world);
    }

    public async Task DisposeAsync()
    {
        _kubectl.Dispose();
        await _world.DisposeAsync();
    }

    [KubectlFact]
    public async Task Plan_AppliedChangedPausedAndDeleted_SaysSo()
    {
        Assert.Equal("backupplan.k8sbackup.dev/nightly created", await _kubectl.ApplyAsync(Plan));
        await _world.LookAsync();
        // What the coordinator and the defaults put in is nobody's change.
        Assert.Equal("backupplan.k8sbackup.dev/nightly unchanged", await _kubectl.ApplyAsync(Plan));
        Assert.Equal("backupplan.k8sbackup.dev/nightly condition met", await _kubectl.RunAsync("wait", "bp/nightly", "--for=condition=Ready", "--timeout=60s"));

        await _kubectl.RunAsync("patch", "bp", "nightly", "--type", "merge", "--patch", """{"spec": {"paused": true}}""");
        await _world.LookAsync();
        string[] plans = await TableAsync("get", "bplan");
        Assert.Equal("NAME SCHEDULE PAUSED READY COVERED LAST RUN LAST SUCCESS AGE", plans[0]);
        Assert.StartsWith("nightly 0 2 * * * true True False ", plans[1], StringComparison.Ordinal);
        Assert.Equal("Paused", await _kubectl.RunAsync("get", "bp", "nightly", "--output", """jsonpath={.status.conditions[?(@.type=="Scheduled")].reason}"""));

        Assert.Equal("backupplan.k8sbackup.dev/nightly configured", await _kubectl.ApplyAsync(Plan.Replace("/srv/data", "srv", StringComparison.Ordinal)));
        await _world.LookAsync();
        Assert.Matches(@"Warning Invalid .* k8sbackup\S* .*spec\.sources\[0\]\.volume\.path: an absolute path", await _kubectl.RunAsync("describe", "bp", "nightly"));
        await _kubectl.RunAsync("delete", "backupplan", "nightly");
        await _world.LookAsync();
        Assert.Empty(_world.Plans.Current.Plans);
    }

    [KubectlFact]
    public async Task Backup_WaitedForShownAndDescribed()
    {
        _world.Connect("w-1");
        await _kubectl.ApplyAsync($"{Plan}\n---\n{Backup}");
        BackupResource running = await _world.UntilAsync("now", b => b.Status.Phase == "Running");
        Assert.Equal(["NAME PLAN PHASE PROGRESS RESTORE POINT COMPLETED AGE", "now nightly Running"], [.. (await TableAsync("get", "bkp")).Select(Row)]);
        Task<string> waiting = _kubectl.RunAsync("wait", "bkp/now", "--for=condition=Completed", "--timeout=110s");
        await _world.CommitAsync(RunId.Parse(running.Status.Run), new SourceKey("w-1", SourceKind.Volume, "data"));
        BackupResource done = await _world.UntilAsync("now", b => b.Status.Phase == "Completed");
        Assert.Equal("backup.k8sbackup.dev/now condition met", await waiting);
        Assert.StartsWith($"now nightly Completed 1/1 {done.Status.RestorePoint} ", (await TableAsync("get", "backups"))[1], StringComparison.Ordinal);

        string told = await _kubectl.RunAsync("describe", "bkp", "now");
        Assert.Matches("Normal Started .* k8sbackup", told);
        Assert.Matches("Normal Completed .* k8sbackup", told);
        Assert.Contains("Source: volume/data@w-1", told, StringComparison.Ordinal);

        // All kinds at once, by their category.
        string all = await _kubectl.RunAsync("get", "k8sbackup", "--output", "name");
        Assert.Equal(["backup.k8sbackup.dev/now", "backupplan.k8sbackup.dev/nightly"], all.Split('\n').Order(StringComparer.Ordinal));
        await _kubectl.RunAsync("delete", "bkp/now");
        await _world.LookAsync();
        Assert.Empty(_world.Deleted);
    }

    [KubectlFact]
    public async Task Restore_ThatCannotBe_IsWaitedForAndSaysWhy()
    {
        await _kubectl.ApplyAsync("""
            apiVersion: k8sbackup.dev/v1alpha1
            kind: Restore
            metadata: {name: back, namespace: k8s-backup}
            spec: {restorePoint: "01", etcd: {node: cp-1, confirmCluster: another}}
            """);
        await _world.LookAsync();
        await _kubectl.RunAsync("wait", "rst/back", "--for=condition=Finished", "--timeout=60s");
        Assert.Equal(["NAME PHASE RESTORE POINT NODE ENTRIES COMPLETED AGE", "back Failed"], [.. (await TableAsync("get", "rst")).Select(Row)]);
        Assert.Matches("Warning NotConfirmed .* k8sbackup", await _kubectl.RunAsync("describe", "rst", "back"));
    }

    // Up to what depends on the time.
    private static string Row(string line) => line.StartsWith("NAME", StringComparison.Ordinal) ? line : string.Join(' ', line.Split(' ').TakeWhile(cell => !char.IsAsciiDigit(cell[0])));

    private async Task<string[]> TableAsync(params string[] arguments) => [.. (await _kubectl.RunAsync(arguments)).Split('\n')];
}
