using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Objects;

/// <summary>What Prometheus makes of the rendered alerts: when each fires, with which words, and when not.</summary>
public sealed class AlertTests : IDisposable
{
    // Times begin at 0, and the chart's values allow an age of two hours.
    private const string Cases = """
        rule_files: [rules.yaml]
        evaluation_interval: 1m
        tests:
          - name: all is well, also while another replica waits and another installation has trouble
            interval: 1m
            input_series:
              - {series: 'k8sbackup_last_good_timestamp_seconds{namespace="NS",plan="nightly",kind="etcd",pod="a"}', values: '0+60x240'}
              - {series: 'k8sbackup_last_good_timestamp_seconds{namespace="NS",plan="nightly",kind="etcd",pod="b"}', values: '0x240'}
              - {series: 'k8sbackup_last_good_timestamp_seconds{namespace="other",plan="nightly",kind="etcd"}', values: '0x240'}
              - {series: 'k8sbackup_leader{namespace="NS",pod="a"}', values: '1x240'}
              - {series: 'k8sbackup_leader{namespace="NS",pod="b"}', values: '0x240'}
              - {series: 'k8sbackup_store_clock_offset_seconds{namespace="NS"}', values: '-299x240'}
              - {series: 'k8sbackup_check_problems{namespace="NS",pod="a"}', values: '0x240'}
              - {series: 'k8sbackup_check_problems{namespace="other"}', values: '1x240'}
              - {series: 'k8sbackup_prune_obstacles{namespace="NS",pod="a"}', values: '0x240'}
              - {series: 'k8sbackup_prune_obstacles{namespace="other"}', values: '1x240'}
              - {series: 'k8sbackup_drill_success{namespace="NS",kind="etcd"}', values: '1x240'}
              - {series: 'k8sbackup_drill_success{namespace="other",kind="etcd"}', values: '0x240'}
            alert_rule_test:
              - {eval_time: 4h, alertname: K8sBackupTooOld}
              - {eval_time: 4h, alertname: K8sBackupNoLeader}
              - {eval_time: 4h, alertname: K8sBackupDamaged}
              - {eval_time: 4h, alertname: K8sBackupPruneBlocked}
              - {eval_time: 4h, alertname: K8sBackupClock}
              - {eval_time: 4h, alertname: K8sBackupDrillFailed}
          - name: a plan that never succeeded
            interval: 1m
            input_series:
              - {series: 'k8sbackup_last_good_timestamp_seconds{namespace="NS",plan="nightly",kind="etcd"}', values: '0x240'}
              - {series: 'k8sbackup_last_good_timestamp_seconds{namespace="NS",plan="nightly",kind="volume"}', values: '0+60x240'}
            alert_rule_test:
              - {eval_time: 2h10m, alertname: K8sBackupTooOld}
              - eval_time: 2h20m
                alertname: K8sBackupTooOld
                exp_alerts:
                  - exp_labels: {severity: critical, plan: nightly, kind: etcd}
                    exp_annotations: {summary: Plan nightly has no good backup of etcd that is young enough.}
          - name: nobody leads here
            interval: 1m
            input_series:
              - {series: 'k8sbackup_leader{namespace="NS",pod="a"}', values: '1x60 0x60'}
              - {series: 'k8sbackup_leader{namespace="other",pod="a"}', values: '1x120'}
            alert_rule_test:
              - {eval_time: 1h10m, alertname: K8sBackupNoLeader}
              - eval_time: 1h20m
                alertname: K8sBackupNoLeader
                exp_alerts: [{exp_labels: {severity: critical}, exp_annotations: {summary: "No coordinator leads, so nothing is backed up."}}]
          - name: nothing is scraped at all
            interval: 1m
            input_series: []
            alert_rule_test:
              - eval_time: 20m
                alertname: K8sBackupNoLeader
                exp_alerts: [{exp_labels: {severity: critical}, exp_annotations: {summary: "No coordinator leads, so nothing is backed up."}}]
          - name: a check found damage, and a prune obstacles
            interval: 1m
            input_series:
              - {series: 'k8sbackup_check_problems{namespace="NS",pod="a"}', values: '2x120'}
              - {series: 'k8sbackup_prune_obstacles{namespace="NS",pod="a"}', values: '1x120'}
            alert_rule_test:
              - {eval_time: 4m, alertname: K8sBackupDamaged}
              - eval_time: 6m
                alertname: K8sBackupDamaged
                exp_alerts: [{exp_labels: {severity: critical}, exp_annotations: {summary: The last check of the repository found damage.}}]
              - {eval_time: 59m, alertname: K8sBackupPruneBlocked}
              - eval_time: 61m
                alertname: K8sBackupPruneBlocked
                exp_alerts: [{exp_labels: {severity: warning}, exp_annotations: {summary: The last prune met what keeps space from coming back.}}]
          - name: the clocks differ, whichever is behind
            interval: 1m
            input_series:
              - {series: 'k8sbackup_store_clock_offset_seconds{namespace="NS",pod="a"}', values: '-301x60'}
            alert_rule_test:
              - {eval_time: 10m, alertname: K8sBackupClock}
              - eval_time: 20m
                alertname: K8sBackupClock
                exp_alerts:
                  - exp_labels: {severity: warning, namespace: NS, pod: a}
                    exp_annotations: {summary: "The coordinator's clock and the store's differ by more than five minutes, so nothing is deleted."}
          - name: a rehearsed restore failed
            interval: 1m
            input_series:
              - {series: 'k8sbackup_drill_success{namespace="NS",kind="etcd"}', values: '1x60'}
              - {series: 'k8sbackup_drill_success{namespace="NS",kind="volume"}', values: '0x60'}
            alert_rule_test:
              - eval_time: 10m
                alertname: K8sBackupDrillFailed
                exp_alerts: [{exp_labels: {severity: critical, kind: volume}, exp_annotations: {summary: The last rehearsed restore of volume failed.}}]

        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [PromtoolFact]
    public async Task Alerts_FireWhenTheyShouldAndNotBefore()
    {
        YamlNode rule = Assert.Single((await RenderedChart.OfAsync("everything")).OfKind("PrometheusRule")).Root.At("spec")!;
        using StringWriter text = new();
        new YamlStream(new YamlDocument(rule)).Save(text, assignAnchors: false);
        await WriteAsync("rules.yaml", text.ToString().Replace("\n...", "", StringComparison.Ordinal));
        await WriteAsync("cases.yaml", Cases.Replace("NS", RenderedChart.Namespace, StringComparison.Ordinal));

        await RunAsync("check", "rules", "rules.yaml");
        await RunAsync("test", "rules", "cases.yaml");
        Assert.All(rule.Items("groups").SelectMany(group => group.Items("rules")), each => Assert.Contains($"alertname: {each.Text("alert")}", Cases, StringComparison.Ordinal));
    }

    private async Task RunAsync(params string[] arguments)
    {
        string[] all = [.. arguments[..^1], Path.Combine(_directory.Path, arguments[^1])];
        ProcessResult result = await ChildProcess.RunAsync(PromtoolFactAttribute.Program, all, TimeSpan.FromMinutes(2));
        Assert.True(result.ExitCode == 0, $"promtool {string.Join(' ', arguments)}: {result.StandardOutput}{result.StandardError}");
    }

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(_directory.Path, name), text);
}
