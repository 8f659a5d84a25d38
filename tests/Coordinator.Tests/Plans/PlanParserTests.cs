using K8sBackup.Coordinator.Plans;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Retention;
using K8sBackup.Settings.Yaml;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Tests.Plans;

public sealed class PlanParserTests
{
    private const string Good = """
        apiVersion: k8sbackup.dev/v1alpha1
        kind: BackupPlan
        metadata:
          name: nightly
        spec:
          schedule: "0 2 * * *"
          timeZone: Europe/Berlin
          nodes:
            - names: ["cp-*", w-1]
              labels: {zone: a}
          sources:
            - etcd: {}
              nodes: [{roles: [control-plane]}]
            - controlPlane:
                extraPaths: [/etc/haproxy]
            - volume: {name: data, path: /srv/data, exclude: [cache], excludeCaches: true, maxFileSize: 2Gi}
          retention: {keepLast: 3, keepDaily: 7, keepWithin: 2d, minimumGood: 5, etcd: {keepHourly: 24}, controlPlane: {keepWeekly: 5, keepMonthly: 12, keepYearly: 10}}
          maxConcurrent: 4
          nodeWait: 90s
          immutableFor: 30d
        """;

    [Fact]
    public void Parse_GoodPlan_HasEverything()
    {
        List<YamlFault> faults = [];
        BackupPlan plan = PlanParser.Parse(Good, "nightly.yaml", faults)!;
        Assert.Empty(faults);
        Assert.Equal("nightly", plan.Name);
        Assert.Equal("0 2 * * *", plan.Schedule!.Text);
        Assert.True(plan.CatchUp);
        Assert.False(plan.Paused);
        Assert.Equal(TimeSpan.FromSeconds(90), plan.NodeWait);
        Assert.Equal(TimeSpan.FromDays(30), plan.ImmutableFor);
        RetentionRules rules = new() { KeepLast = 3, KeepDaily = 7, KeepWithin = TimeSpan.FromDays(2) };
        Assert.Equal((rules, 5, "Europe/Berlin"), (plan.Retention.Rules, plan.Retention.MinimumGood, plan.Retention.Zone.Id));
        Assert.Equal(new RetentionRules { KeepHourly = 24 }, plan.Retention.RulesOf(SourceKind.Etcd));
        Assert.Equal(new RetentionRules { KeepWeekly = 5, KeepMonthly = 12, KeepYearly = 10 }, plan.Retention.RulesOf(SourceKind.ControlPlaneFiles));
        Assert.Equal(rules, plan.Retention.RulesOf(SourceKind.Volume));
        PlanSource.Etcd etcd = Assert.IsType<PlanSource.Etcd>(plan.Sources[0]);
        Assert.Equal([Role.ControlPlane], etcd.Nodes.Single().Roles);
        Assert.False(etcd.AllMembers);
        Assert.Equal(["/etc/haproxy"], Assert.IsType<PlanSource.ControlPlane>(plan.Sources[1]).ExtraPaths);
        PlanSource.Volume volume = Assert.IsType<PlanSource.Volume>(plan.Sources[2]);
        Assert.Equal(("data", "/srv/data"), (volume.Name, volume.Path));
        Assert.Equal((false, true, 2L << 30), (volume.Rules.Marked, volume.Rules.Caches, volume.Rules.FileBytesMax));
        Assert.Equal(["cache"], volume.Rules.Patterns);
        Assert.Equal(["cp-*", "w-1"], volume.Nodes.Single().Names);
    }

    [Theory]
    [InlineData("apiVersion: k8sbackup.dev/v1alpha1", "apiVersion: v1", 1, "'k8sbackup.dev/v1alpha1' is expected")]
    [InlineData("kind: BackupPlan", "kind: Restore", 2, "'BackupPlan' is expected")]
    [InlineData("  name: nightly", "  name: Night ly", 4, "metadata.name: lower-case")]
    [InlineData("  name: nightly", "  title: x", 4, "metadata.name: is missing")]
    [InlineData("  schedule: \"0 2 * * *\"", "  schedule: \"0 25 * * *\"", 6, "spec.schedule: the hour '25'")]
    [InlineData("  schedule: \"0 2 * * *\"", "  schedule: [1]", 6, "spec.schedule: a text is expected")]
    [InlineData("  timeZone: Europe/Berlin", "  timeZone: Mars/Olympus", 7, "no time zone 'Mars/Olympus'")]
    [InlineData("  timeZone: Europe/Berlin", "  timezone: Europe/Berlin", 7, "spec.timezone: there is no such field")]
    [InlineData("  maxConcurrent: 4", "  maxConcurrent: four", 18, "spec.maxConcurrent: a whole number")]
    [InlineData("  maxConcurrent: 4", "  maxConcurrent: 0", 18, "spec.maxConcurrent: a whole number from 1")]
    [InlineData("  nodeWait: 90s", "  nodeWait: 90", 19, "spec.nodeWait: a time such as")]
    [InlineData("  immutableFor: 30d", "  immutableFor: 30s", 20, "spec.immutableFor")]
    [InlineData("  nodeWait: 90s", "  paused: maybe", 19, "spec.paused: true or false")]
    [InlineData("keepLast: 3", "keepLast: -1", 17, "spec.retention.keepLast")]
    [InlineData("keepLast: 3, keepDaily: 7, keepWithin: 2d", "keepLast: 0", 17, "keep nothing")]
    [InlineData("path: /srv/data", "path: srv/data", 16, "spec.sources[2].volume.path: an absolute path")]
    [InlineData("path: /srv/data", "path: /srv/../etc", 16, "without '..'")]
    [InlineData("name: data, path: /srv/data", "path: /srv/data", 16, "volume.name: is missing")]
    [InlineData("exclude: [cache]", "exclude: ['# x']", 16, "volume.exclude: blank, or a comment")]
    [InlineData("exclude: [cache]", "exclude: ['a/[b']", 16, "volume.exclude: no name fits")]
    [InlineData("exclude: [cache]", "exclude: [a//b]", 16, "volume.exclude: no name fits")]
    [InlineData("exclude: [cache]", "exclude: [../b]", 16, "volume.exclude: no name fits")]
    [InlineData("maxFileSize: 2Gi", "maxFileSize: 10Gb", 16, "volume.maxFileSize: a size such as")]
    [InlineData("maxFileSize: 2Gi", "maxFileSize: 0", 16, "volume.maxFileSize: a size such as")]
    [InlineData("exclude: [cache]", "excludeMarked: perhaps", 16, "volume.excludeMarked: true or false")]
    [InlineData("    - etcd: {}", "    - zookeeper: {}", 12, "spec.sources[0].zookeeper: there is no such field")]
    [InlineData("    - etcd: {}", "    - etcd: {members: some}", 12, "etcd.members: one or all")]
    [InlineData("[{roles: [control-plane]}]", "[{roles: [boss]}]", 13, "control-plane or worker is expected, not 'boss'")]
    [InlineData("[{roles: [control-plane]}]", "[{}]", 13, "a selector needs names, labels or roles")]
    [InlineData("[{roles: [control-plane]}]", "cp-1", 13, "sources[0].nodes: a list is expected")]
    [InlineData("labels: {zone: a}", "labels: [a]", 10, "labels: a mapping is expected")]
    [InlineData("    - controlPlane:", "    - volume: {name: data, path: /x}\n    - controlPlane:", 17, "already a source volume/data")]
    [InlineData("spec:", "spec: [", 7, "Not valid YAML")]
    [InlineData("kind: BackupPlan", "kind: BackupPlan\nkind: BackupPlan", 3, "Not valid YAML")]
    public void Parse_OneFault_IsNamedWithItsLine(string good, string bad, int line, string reason)
    {
        Assert.Contains(good, Good, StringComparison.Ordinal);
        List<YamlFault> faults = [];
        Assert.Null(PlanParser.Parse(Good.Replace(good, bad, StringComparison.Ordinal), "x.yaml", faults));
        Assert.Contains(faults, f => f.Line == line && f.Reason.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Parse_SeveralFaults_AreReportedTogether()
    {
        List<YamlFault> faults = [];
        PlanParser.Parse(Good.Replace("Europe/Berlin", "X", StringComparison.Ordinal).Replace("90s", "x", StringComparison.Ordinal), "x.yaml", faults);
        Assert.Equal([7, 19], faults.Select(f => f.Line));
    }

    [Theory]
    [InlineData("", "no mapping")]
    [InlineData("- a", "no mapping")]
    [InlineData("a: 1\n---\nb: 2", "more than one document")]
    [InlineData("apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata: {name: a}", "spec: is missing")]
    public void Parse_NotAPlan_IsRefused(string text, string reason)
    {
        List<YamlFault> faults = [];
        Assert.Null(PlanParser.Parse(text, "x.yaml", faults));
        Assert.Contains(faults, f => f.Reason.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Parse_HostileNesting_IsRefusedWithoutHarm()
    {
        List<YamlFault> faults = [];
        Assert.Null(PlanParser.Parse(new string('[', 200_000), "x.yaml", faults));
        Assert.Contains("nested", Assert.Single(faults).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_HugeFile_IsRefused()
    {
        List<YamlFault> faults = [];
        Assert.Null(PlanParser.Parse(new string('#', 300_000), "x.yaml", faults));
        Assert.Contains("allowed", Assert.Single(faults).Reason, StringComparison.Ordinal);
    }
}
