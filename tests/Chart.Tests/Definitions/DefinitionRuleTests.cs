using K8sBackup.Chart.Tests.Objects;
using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.TestKit.Processes;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Definitions;

/// <summary>The rules in CEL: each object that makes no sense is refused, and told by its field. Asked here always, and of an API server with E2E_KUBECONFIG.</summary>
public sealed class DefinitionRuleTests : IClassFixture<DefinitionsFixture>
{
    private const string Sources = "sources: [{etcd: {}}]";

    private readonly DefinitionsFixture _server;

    public DefinitionRuleTests(DefinitionsFixture server) => _server = server;

    public static TheoryData<string, string, string, string> Refused => new()
    {
        { "BackupPlan", "{sources: [{etcd: {}, controlPlane: {}}]}", "spec.sources[0]", "exactly one of etcd, controlPlane, volume" },
        { "BackupPlan", "{sources: [{}]}", "spec.sources[0]", "exactly one of etcd, controlPlane, volume" },
        { "BackupPlan", "{sources: [{etcd: {caFile: ca.crt, certificateFile: /a, keyFile: /b}}]}", "spec.sources[0].etcd.caFile", "an absolute path without '..'" },
        { "BackupPlan", "{sources: [{etcd: {caFile: /a, certificateFile: /a/../b, keyFile: /b}}]}", "spec.sources[0].etcd.certificateFile", "an absolute path without '..'" },
        { "BackupPlan", "{sources: [{etcd: {caFile: /a, certificateFile: /b, keyFile: /b/..}}]}", "spec.sources[0].etcd.keyFile", "an absolute path without '..'" },
        { "BackupPlan", "{sources: [{volume: {name: data, path: /srv/../etc}}]}", "spec.sources[0].volume.path", "an absolute path without '..'" },
        { "BackupPlan", "{sources: [{podVolumes: {rules: [{include: {}, exclude: {}}]}}]}", "spec.sources[0].podVolumes.rules[0]", "exactly one of include, exclude" },
        { "BackupPlan", "{sources: [{podCommand: {name: d, command: [pg_dump]}}]}", "spec.sources[0].podCommand", "a dump needs namespaces, labels or pods" },
        { "BackupPlan", "{sources: [{podCommand: {name: d, namespaces: [shop], container: db}}]}", "spec.sources[0].podCommand", "container, timeout and file belong to a command" },
        { "BackupPlan", "{sources: [{etcd: {}}], retention: {keepLast: 0}}", "spec.retention", "would keep nothing" },
        { "BackupPlan", "{sources: [{etcd: {}}], retention: {etcd: {keepDaily: 0}}}", "spec.retention.etcd", "would keep nothing" },
        { "BackupPlan", "{sources: [{etcd: {}}], retention: {controlPlane: {keepDaily: 0}}}", "spec.retention.controlPlane", "would keep nothing" },
        { "BackupPlan", "{sources: [{etcd: {}}], retention: {volume: {keepDaily: 0}}}", "spec.retention.volume", "would keep nothing" },
        { "Backup", "{}", "spec", "exactly one of planRef and template" },
        { "Backup", "{planRef: {name: a}, template: {sources: [{etcd: {}}]}}", "spec", "exactly one of planRef and template" },
        { "Backup", "{template: {sources: [{volume: {name: data, path: relative}}]}}", "spec.template.sources[0].volume.path", "an absolute path without '..'" },
        { "Restore", "{files: {volume: data, node: w-1}}", "spec", "exactly one of restorePoint, backupRef and latestOf" },
        { "Restore", "{restorePoint: 01kb2m9x4c}", "spec", "exactly one of files, controlPlane and etcd" },
        { "Restore", "{restorePoint: 01kb2m9x4c, files: {}}", "spec.files", "exactly one of volume, claim and pod" },
        { "Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data}}", "spec.files", "volume and node belong together" },
        { "Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1, target: srv}}", "spec.files.target", "an absolute path without '..'" },
        { "Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1, target: /srv, into: {claim: {namespace: a, name: b}}}}", "spec.files", "target and onNode are for directories" },
        { "Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1, into: {}}}", "spec.files.into", "exactly one of claim and pod" },
    };

    public static TheoryData<string, string, string, string, string> Changed => new()
    {
        { "Backup", "{planRef: {name: a}}", "[{'op': 'replace', 'path': '/spec/planRef/name', 'value': 'b'}]", "spec.planRef", "cannot be changed" },
        { "Backup", "{planRef: {name: a}}", "[{'op': 'remove', 'path': '/spec/planRef'}, {'op': 'add', 'path': '/spec/template', 'value': {'sources': [{'etcd': {}}]}}]", "spec", "cannot be added or taken away" },
        { "Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1}}", "[{'op': 'replace', 'path': '/spec/restorePoint', 'value': '01kb2m9x4d'}]", "spec.restorePoint", "cannot be changed" },
        { "Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1}}", "[{'op': 'replace', 'path': '/spec/files/volume', 'value': 'other'}]", "spec.files", "cannot be changed" },
        { "Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1}}", "[{'op': 'remove', 'path': '/spec/files'}, {'op': 'add', 'path': '/spec/controlPlane', 'value': {'node': 'cp-1', 'target': '/srv/x'}}]", "spec", "cannot be added or taken away" },
        { "Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1}}", "[{'op': 'remove', 'path': '/spec/restorePoint'}, {'op': 'add', 'path': '/spec/latestOf', 'value': {'name': 'a'}}]", "spec", "cannot be added or taken away" },
        { "Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1}}", "[{'op': 'remove', 'path': '/spec/restorePoint'}, {'op': 'add', 'path': '/spec/backupRef', 'value': {'name': 'a'}}]", "spec", "cannot be added or taken away" },
        { "Restore", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1}}", "[{'op': 'remove', 'path': '/spec/files'}, {'op': 'add', 'path': '/spec/etcd', 'value': {'node': 'cp-1', 'confirmCluster': 'prod'}}]", "spec", "cannot be added or taken away" },
    };

    public static TheoryData<string, int, string, string> TooLong => new()
    {
        { "BackupPlan", 64, "the name of a plan has at most 63 characters", Sources },
        { "Backup", 201, "the name of a Backup has at most 200 characters", "planRef: {name: a}" },
    };

    [Theory]
    [InlineData("BackupPlan", "good", "{sources: [{etcd: {}}, {volume: {name: data, path: /srv/data}}, {podVolumes: {rules: [{exclude: {namespaces: [dev]}}]}}, {podCommand: {name: d, namespaces: [shop], command: [pg_dump]}}]}")]
    [InlineData("Backup", "good", "{planRef: {name: nightly}}")]
    [InlineData("Backup", "free", "{template: {sources: [{etcd: {}}]}}")]
    [InlineData("Restore", "good", "{restorePoint: 01kb2m9x4c, files: {volume: data, node: w-1}}")]
    [InlineData("Restore", "claim", "{latestOf: {name: nightly}, files: {claim: {namespace: shop, name: data}, into: {claim: {namespace: shop, name: copy}}}}")]
    public async Task Create_Sound_IsTaken(string kind, string name, string spec)
    {
        Assert.Empty(DefinitionRules.Of(kind).Faults(Parse(Manifest(kind, name, spec))));
        if (ClusterTheoryAttribute.IsThere)
        {
            ProcessResult result = await _server.TryCreateAsync(Manifest(kind, name, spec));
            Assert.True(result.ExitCode == 0, result.StandardError);
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Create_AgainstARule_IsRefusedAndNamesTheField(string kind, string spec, string field, string message) =>
        await RefusedAsync(kind, "bad", spec, field, message);

    [Theory]
    [MemberData(nameof(TooLong))]
    public async Task Create_NameTooLong_IsRefused(string kind, int length, string message, string spec) =>
        await RefusedAsync(kind, new string('a', length), $"{{{spec}}}", "", message);

    [Theory]
    [InlineData("backup.mine")]
    public async Task Create_NameOfABackupWithoutPlan_IsRefused(string name) =>
        await RefusedAsync("BackupPlan", name, $"{{{Sources}}}", "", "taken by Backups without a plan");

    [Theory]
    [MemberData(nameof(Changed))]
    public async Task Change_OfWhatItIs_IsRefused(string kind, string spec, string patch, string field, string message)
    {
        string name = $"fixed-{Guid.NewGuid():n}";
        YamlNode former = Parse(Manifest(kind, name, spec));
        Assert.Empty(DefinitionRules.Of(kind).Faults(former));
        Assert.Contains(DefinitionRules.Of(kind).Faults(Patched(Manifest(kind, name, spec), patch), former), fault => fault.Field == field && fault.Message.Contains(message, StringComparison.Ordinal));
        if (ClusterTheoryAttribute.IsThere)
        {
            await _server.CreateAsync(Manifest(kind, name, spec));
            AssertRefused(await _server.TryPatchAsync($"{kind.ToLowerInvariant()}s.k8sbackup.dev/{name}", patch.Replace('\'', '"')), field, message);
        }
    }

    [Fact]
    public void EveryRule_HasAnObjectThatBreaksIt()
    {
        IEnumerable<string> broken =
        [
            .. Refused.SelectMany(row => DefinitionRules.Of((string)row[0]).Faults(Parse(Manifest((string)row[0], "bad", (string)row[1])))).Select(fault => fault.Rule),
            .. Changed.SelectMany(row => DefinitionRules.Of((string)row[0])
                .Faults(Patched(Manifest((string)row[0], "a", (string)row[1]), (string)row[2]), Parse(Manifest((string)row[0], "a", (string)row[1])))).Select(fault => fault.Rule),
            .. TooLong.SelectMany(row => DefinitionRules.Of((string)row[0]).Faults(Parse(Manifest((string)row[0], new string('a', (int)row[1]), $"{{{row[3]}}}")))).Select(fault => fault.Rule),
            .. DefinitionRules.Of("BackupPlan").Faults(Parse(Manifest("BackupPlan", "backup.mine", $"{{{Sources}}}"))).Select(fault => fault.Rule),
        ];
        Assert.Empty(((string[])["BackupPlan", "Backup", "Restore"]).SelectMany(kind => DefinitionRules.Of(kind).All).Distinct().Except(broken));
    }

    private static string Manifest(string kind, string name, string spec) => $"{{apiVersion: k8sbackup.dev/v1alpha1, kind: {kind}, metadata: {{name: {name}}}, spec: {spec}}}\n";

    private static YamlNode Parse(string text) => Yaml.Documents(text).Single();

    /// <summary>The object after a JSON patch.</summary>
    private static YamlNode Patched(string manifest, string patch)
    {
        YamlNode item = Parse(manifest);
        foreach (YamlNode step in (YamlSequenceNode)Parse(patch))
        {
            string[] path = step.Text("path")![1..].Split('/');
            YamlMappingNode at = (YamlMappingNode)item.At(string.Join('/', path[..^1]))!;
            at.Children.Remove(new YamlScalarNode(path[^1]));
            if (step.At("value") is { } value)
            {
                at.Add(path[^1], value);
            }
        }

        return item;
    }

    private async Task RefusedAsync(string kind, string name, string spec, string field, string message)
    {
        Assert.Contains(
            DefinitionRules.Of(kind).Faults(Parse(Manifest(kind, name, spec))), fault => fault.Field == field && fault.Message.Contains(message, StringComparison.Ordinal));
        if (ClusterTheoryAttribute.IsThere)
        {
            AssertRefused(await _server.TryCreateAsync(Manifest(kind, name, spec)), field, message);
        }
    }

    private static void AssertRefused(ProcessResult result, string field, string message)
    {
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.StandardError, StringComparison.Ordinal);
        Assert.Contains($"{field}: Invalid value", result.StandardError, StringComparison.Ordinal);
    }
}
