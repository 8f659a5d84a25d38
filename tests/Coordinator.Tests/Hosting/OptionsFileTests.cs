using K8sBackup.Coordinator.Hosting;
using K8sBackup.Settings.Stores;
using K8sBackup.TestKit;

namespace K8sBackup.Coordinator.Tests.Hosting;

public sealed class OptionsFileTests : IDisposable
{
    private const string Good = """
        cluster: prod
        listen: "0.0.0.0:7443"
        hosts: [backup.example, 10.0.0.1]
        state: .
        plans: plans
        store:
          local: /srv/backup
        keyFile: repository.key
        limits: {concurrentSourcesPerNode: 3}
        prune: {schedule: "0 6 * * 0", grace: 7d, repackThreshold: 50}
        logLevel: debug
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Read_GoodFile_ResolvesPathsFromTheFile()
    {
        CoordinatorOptions options = OptionsFile.Read(Write(Good));
        Assert.Equal(_directory.Path, options.State.TrimEnd('/'));
        Assert.Equal(Path.Combine(_directory.Path, "repository.key"), options.KeyFile);
        Assert.Equal("/srv/backup", options.Store.LocalPath);
        Assert.Equal(7443, options.Listen.Port);
        Assert.Contains("backup.example", options.Hosts);
        Assert.Equal(("0 6 * * 0", TimeSpan.FromDays(7), 50), (options.Prune.Schedule!.Text, options.Prune.Options.Grace, options.Prune.Options.RepackThresholdPercent));
        Assert.Equal((8, 3), (options.Limits.ConcurrentSourcesPerRun, options.Limits.ConcurrentSourcesPerNode));
    }

    [Fact]
    public void Read_Checks_HaveDefaultsAndCanBeTurnedOff()
    {
        CheckSchedule standard = OptionsFile.Read(Write(Good)).Checks;
        Assert.Equal((TimeSpan.FromDays(1), TimeSpan.FromDays(30)), (standard.Every, standard.ReadDataWithin));
        CheckSchedule set = OptionsFile.Read(Write(Good + "\nchecks: {every: 12h, readDataWithin: 2w}")).Checks;
        Assert.Equal((TimeSpan.FromHours(12), TimeSpan.FromDays(14)), (set.Every, set.ReadDataWithin));
        CheckSchedule off = OptionsFile.Read(Write(Good + "\nchecks: {enabled: false, readData: false}")).Checks;
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (off.Every, off.ReadDataWithin));
    }

    [Theory]
    [InlineData("logLevel: debug", "checks: {every: 1s}", ":11: checks.every")]
    [InlineData("cluster: prod", "cluster: Prod", ":1: cluster: lower-case")]
    [InlineData("\"0.0.0.0:7443\"", "backup.example:7443", ":2: listen: an IP address and a port")]
    [InlineData("\"0.0.0.0:7443\"", "10.0.0.1", ":2: listen: an IP address and a port")]
    [InlineData("10.0.0.1", "a b", ":3: hosts: not a host name")]
    [InlineData("  local: /srv/backup", "  s3: bucket", ":7: store.s3: a mapping is expected")]
    [InlineData("  local: /srv/backup", "  s3: {bucket: b1x, endpoint: s3.example}", ":7: store.s3.endpoint: an address such as")]
    [InlineData("  local: /srv/backup", "  s3: {bucket: B}", ":7: store.s3.bucket: 'B' is no bucket name")]
    [InlineData("  local: /srv/backup", "  s3: {bucket: b1x, credentials: {profile: x}}", ":7: store.s3.credentials.file: is missing")]
    [InlineData("  local: /srv/backup", "  s3: {bucket: b1x, objectLock: {mode: compliance}}", ":7: store.s3.objectLock.retain: is missing")]
    [InlineData("  local: /srv/backup", "  s3: {bucket: b1x, secretKey: x}", ":7: store.s3.secretKey: there is no such field")]
    [InlineData("  local: /srv/backup", "  {local: /srv/backup, s3: {bucket: b1x}}", "a store is either 'local'")]
    [InlineData("concurrentSourcesPerNode: 3", "concurrentSourcesPerNode: 0", ":9: limits.concurrentSourcesPerNode")]
    [InlineData("schedule: \"0 6 * * 0\"", "schedule: \"0 25 * * 0\"", ":10: prune.schedule: the hour '25'")]
    [InlineData("grace: 7d", "grace: 5m", ":10: prune.grace")]
    [InlineData("grace: 7d", "grace: 0s, unsafeGrace: true", ":10: prune.grace")]
    [InlineData("repackThreshold: 50", "repackThreshold: 96", ":10: prune.repackThreshold")]
    [InlineData("logLevel: debug", "logLevel: loud", ":11: logLevel: debug, information")]
    [InlineData("logLevel: debug", "loglevel: debug", ":11: loglevel: there is no such field")]
    public void Read_OneFault_IsNamedWithFileAndLine(string good, string bad, string expected)
    {
        string path = Write(Good.Replace(good, bad, StringComparison.Ordinal));
        OptionsException e = Assert.Throws<OptionsException>(() => OptionsFile.Read(path));
        Assert.Contains(e.Faults, f => f.StartsWith(path, StringComparison.Ordinal) && f.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_Bucket_IsReadWholeAndWrittenBackTheSame()
    {
        const string Bucket = """
            store:
              s3:
                bucket: "backups"
                prefix: "prod/k8s"
                endpoint: "https://s3.example:9000"
                region: "eu-west-1"
                addressing: "virtualHost"
                caFile: "/etc/ca.pem"
                conditionalWrites: "singleWriter"
                credentials:
                  file: "/run/keys"
                  profile: "backup"
                objectLock:
                  mode: "compliance"
                  retain: "30d"
            """;
        CoordinatorOptions options = OptionsFile.Read(Write(Good.Replace("store:\n  local: /srv/backup", Bucket, StringComparison.Ordinal)));

        Assert.Equal("s3://backups/prod/k8s at https://s3.example:9000", options.Store.Description);
        Assert.Equal("/run/keys [backup]", options.Store.S3?.Credentials.Description);
        Assert.Equal(Bucket, StoreText.Format(options.Store));
    }

    [Fact]
    public void Read_EmptyMapping_ReportsEverythingMissingAtOnce()
    {
        OptionsException e = Assert.Throws<OptionsException>(() => OptionsFile.Read(Write("logLevel: debug")));
        Assert.All(["cluster", "listen", "state", "plans", "store", "keyFile"], field =>
            Assert.Contains(e.Faults, f => f.Contains($"{field}: is missing", StringComparison.Ordinal)));
    }

    [Fact]
    public void Read_NoFile_SaysSo()
    {
        OptionsException e = Assert.Throws<OptionsException>(() => OptionsFile.Read(Path.Combine(_directory.Path, "none.yaml")));
        Assert.Contains("none.yaml: cannot be read", e.Message, StringComparison.Ordinal);
    }

    private string Write(string text)
    {
        string path = Path.Combine(_directory.Path, "coordinator.yaml");
        File.WriteAllText(path, text);
        return path;
    }
}
