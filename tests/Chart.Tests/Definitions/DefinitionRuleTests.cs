using K8sBackup.Chart.Tests.Objects;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Definitions;

/// <summary>The rules in CEL, which only an API server knows: each object that makes no sense is refused, and told by its field. With E2E_KUBECONFIG only.</summary>
public sealed class DefinitionRuleTests : IClassFixture<DefinitionsFixture>
{
    private const string Sources = "sources: [{etcd: {}}]";

    private readonly DefinitionsFixture _server;

    public DefinitionRuleTests(DefinitionsFixture server) => _server = server;

    [ClusterTheory]
    [InlineData("BackupPlan", "good", "{sources: [{etcd: {}}, {volume: {name: data, path: /srv/data}}, {podVolumes: {rules: [{exclude: {namespaces: [dev]}}]}}, {podCommand: {name: d, namespaces: [shop], command: [pg_dump]}}]}")]
    [InlineData("Backup", "good", "{planRef: {name: nightly}}")]
    [InlineData("Backup", "free", "{template: {sources: [{etcd: {}}]}}")]
    [InlineData("Restore", "good", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1}}")]
    [InlineData("Restore", "claim", "{latestOf: {name: nightly}, files: {claim: {namespace: shop, name: data}, into: {claim: {namespace: shop, name: copy}}}}")]
    public async Task Create_Sound_IsTaken(string kind, string name, string spec)
    {
        ProcessResult result = await _server.TryCreateAsync(Manifest(kind, name, spec));
        Assert.True(result.ExitCode == 0, result.StandardError);
    }

    [ClusterTheory]
    [InlineData("BackupPlan", "{sources: [{etcd: {}, controlPlane: {}}]}", "spec.sources[0]", "exactly one of etcd, controlPlane, volume")]
    [InlineData("BackupPlan", "{sources: [{}]}", "spec.sources[0]", "exactly one of etcd, controlPlane, volume")]
    [InlineData("BackupPlan", "{sources: [{etcd: {caFile: ca.crt, certificateFile: /a, keyFile: /b}}]}", "spec.sources[0].etcd.caFile", "an absolute path without '..'")]
    [InlineData("BackupPlan", "{sources: [{etcd: {caFile: /a, certificateFile: /a/../b, keyFile: /b}}]}", "spec.sources[0].etcd.certificateFile", "an absolute path without '..'")]
    [InlineData("BackupPlan", "{sources: [{etcd: {caFile: /a, certificateFile: /b, keyFile: /b/..}}]}", "spec.sources[0].etcd.keyFile", "an absolute path without '..'")]
    [InlineData("BackupPlan", "{sources: [{volume: {name: data, path: /srv/../etc}}]}", "spec.sources[0].volume.path", "an absolute path without '..'")]
    [InlineData("BackupPlan", "{sources: [{podVolumes: {rules: [{include: {}, exclude: {}}]}}]}", "spec.sources[0].podVolumes.rules[0]", "exactly one of include, exclude")]
    [InlineData("BackupPlan", "{sources: [{podCommand: {name: d, command: [pg_dump]}}]}", "spec.sources[0].podCommand", "a dump needs namespaces, labels or pods")]
    [InlineData("BackupPlan", "{sources: [{podCommand: {name: d, namespaces: [shop], container: db}}]}", "spec.sources[0].podCommand", "container, timeout and file belong to a command")]
    [InlineData("BackupPlan", "{sources: [{etcd: {}}], retention: {keepLast: 0}}", "spec.retention", "would keep nothing")]
    [InlineData("BackupPlan", "{sources: [{etcd: {}}], retention: {etcd: {keepDaily: 0}}}", "spec.retention.etcd", "would keep nothing")]
    [InlineData("BackupPlan", "{sources: [{etcd: {}}], retention: {controlPlane: {keepDaily: 0}}}", "spec.retention.controlPlane", "would keep nothing")]
    [InlineData("BackupPlan", "{sources: [{etcd: {}}], retention: {volume: {keepDaily: 0}}}", "spec.retention.volume", "would keep nothing")]
    [InlineData("Backup", "{}", "spec", "exactly one of planRef and template")]
    [InlineData("Backup", "{planRef: {name: a}, template: {sources: [{etcd: {}}]}}", "spec", "exactly one of planRef and template")]
    [InlineData("Backup", "{template: {sources: [{volume: {name: data, path: relative}}]}}", "spec.template.sources[0].volume.path", "an absolute path without '..'")]
    [InlineData("Restore", "{files: {volume: data, node: w-1}}", "spec", "exactly one of restorePoint, backupRef and latestOf")]
    [InlineData("Restore", "{restorePoint: 01kb2m9x4c}", "spec", "exactly one of files, controlPlane and etcd")]
    [InlineData("Restore", "{restorePoint: 01kb2m9x4c, files: {}}", "spec.files", "exactly one of volume, claim and pod")]
    [InlineData("Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data}}", "spec.files", "volume and node belong together")]
    [InlineData("Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1, target: srv}}", "spec.files.target", "an absolute path without '..'")]
    [InlineData("Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1, target: /srv, into: {claim: {namespace: a, name: b}}}}", "spec.files", "target and onNode are for directories")]
    [InlineData("Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1, into: {}}}", "spec.files.into", "exactly one of claim and pod")]
    public async Task Create_AgainstARule_IsRefusedAndNamesTheField(string kind, string spec, string field, string message) =>
        AssertRefused(await _server.TryCreateAsync(Manifest(kind, "bad", spec)), field, message);

    [ClusterTheory]
    [InlineData("BackupPlan", 64, "the name of a plan has at most 63 characters", Sources)]
    [InlineData("Backup", 201, "the name of a Backup has at most 200 characters", "planRef: {name: a}")]
    public async Task Create_NameTooLong_IsRefused(string kind, int length, string message, string spec) =>
        AssertRefused(await _server.TryCreateAsync(Manifest(kind, new string('a', length), $"{{{spec}}}")), "", message);

    [ClusterTheory]
    [InlineData("backup.mine")]
    public async Task Create_NameOfABackupWithoutPlan_IsRefused(string name) =>
        AssertRefused(await _server.TryCreateAsync(Manifest("BackupPlan", name, $"{{{Sources}}}")), "", "taken by Backups without a plan");

    [ClusterTheory]
    [InlineData("Backup", "{planRef: {name: a}}", "[{'op': 'replace', 'path': '/spec/planRef/name', 'value': 'b'}]", "spec.planRef", "cannot be changed")]
    [InlineData("Backup", "{planRef: {name: a}}", "[{'op': 'remove', 'path': '/spec/planRef'}, {'op': 'add', 'path': '/spec/template', 'value': {'sources': [{'etcd': {}}]}}]", "spec", "cannot be added or taken away")]
    [InlineData("Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1}}", "[{'op': 'replace', 'path': '/spec/restorePoint', 'value': '01kb2m9x4d'}]", "spec.restorePoint", "cannot be changed")]
    [InlineData("Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1}}", "[{'op': 'replace', 'path': '/spec/files/volume', 'value': 'other'}]", "spec.files", "cannot be changed")]
    [InlineData("Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1}}", "[{'op': 'remove', 'path': '/spec/files'}, {'op': 'add', 'path': '/spec/controlPlane', 'value': {'node': 'cp-1', 'target': '/srv/x'}}]", "spec", "cannot be added or taken away")]
    public async Task Change_OfWhatItIs_IsRefused(string kind, string spec, string patch, string field, string message)
    {
        string name = $"fixed-{Guid.NewGuid():n}";
        await _server.CreateAsync(Manifest(kind, name, spec));
        AssertRefused(await _server.TryPatchAsync($"{kind.ToLowerInvariant()}s.k8sbackup.dev/{name}", patch.Replace('\'', '"')), field, message);
    }

    private static string Manifest(string kind, string name, string spec) => $"{{apiVersion: k8sbackup.dev/v1alpha1, kind: {kind}, metadata: {{name: {name}}}, spec: {spec}}}\n";

    private static void AssertRefused(ProcessResult result, string field, string message)
    {
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.StandardError, StringComparison.Ordinal);
        Assert.Contains($"{field}: Invalid value", result.StandardError, StringComparison.Ordinal);
    }
}
