using System.Text.RegularExpressions;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Settings.Yaml;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>The definitions say what the parsers accept, no more and no less, and are such that an API server takes them.</summary>
public sealed partial class CustomResourceTests
{
    // Every mapping a plan can have, each with a field that does not exist: the parser answers with those that do.
    private const string Everything = """
        {"apiVersion": "k8sbackup.dev/v1alpha1", "kind": "BackupPlan", "metadata": {"name": "x"}, "spec": {"?": 0,
          "nodes": [{"?": 0, "names": ["x"]}],
          "sources": [
            {"?": 0, "nodes": [{"?": 0, "names": ["x"]}], "etcd": {"?": 0}}, {"?": 0, "nodes": [{"?": 0, "names": ["x"]}], "controlPlane": {"?": 0}}, {"?": 0, "nodes": [{"?": 0, "names": ["x"]}], "volume": {"?": 0}},
            {"?": 0, "nodes": [{"?": 0, "names": ["x"]}], "podVolumes": {"?": 0, "rules": [{"?": 0, "include": {"?": 0}}, {"?": 0, "exclude": {"?": 0}}]}},
            {"?": 0, "nodes": [{"?": 0, "names": ["x"]}], "podCommand": {"?": 0}}],
          "hooks": [{"?": 0, "pre": [{"?": 0}], "post": [{"?": 0}]}],
          "retention": {"?": 0, "etcd": {"?": 0}, "controlPlane": {"?": 0}, "volume": {"?": 0}}}}
        """;

    public static TheoryData<string> Kinds => [.. CustomResource.All.Select(r => r.Kind)];

    [Fact]
    public void PlanSchema_HasTheFieldsOfTheParser()
    {
        // A kind of source that is new in the parser shows as a field of sources that the schema lacks.
        Dictionary<string, HashSet<string>> parsed = KnownFields(Everything);
        YamlMappingNode spec = CustomResource.Plan.At("spec");
        Assert.Equal(parsed["spec"].Order(), CustomResource.Fields(spec).Order());
        foreach ((string at, HashSet<string> fields) in parsed.Where(p => p.Key != "spec"))
        {
            string[] path = [.. IndexPattern().Replace(at, "").Split('.')];
            Assert.Equal((at, string.Join(' ', fields.Order())), (at, string.Join(' ', CustomResource.Fields(CustomResource.Plan.At(path)).Order())));
        }

        // And every mapping of the schema was asked for above.
        IEnumerable<string> mappings = CustomResource.Plan.Everything()
            .Where(s => s.Path.StartsWith(".spec", StringComparison.Ordinal) && s.Schema.Children.ContainsKey("properties"))
            .Select(s => s.Path[1..].Replace("[]", "", StringComparison.Ordinal)).Distinct();
        Assert.Equal(mappings.Order(), parsed.Keys.Select(k => IndexPattern().Replace(k, "")).Distinct().Order());
    }

    [Fact]
    public void BackupTemplate_IsWhatAPlanBacksUp()
    {
        YamlMappingNode plan = CustomResource.Plan.At("spec");
        YamlMappingNode template = CustomResource.Backup.At("spec", "template");
        Assert.NotEmpty(CustomResource.Fields(template));
        Assert.All(CustomResource.Fields(template), field => Assert.Equal(plan["properties"][field], template["properties"][field]));
        Assert.Equal(
            ["catchUp", "paused", "retention", "schedule", "timeZone"],
            CustomResource.Fields(plan).Except(CustomResource.Fields(template)).Order());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Definition_IsStructuralAndBounded(string kind)
    {
        CustomResource resource = CustomResource.All.Single(r => r.Kind == kind);
        Assert.Equal("k8sbackup.dev", resource.Root["spec"]["group"].ToString());
        Assert.Equal($"{resource.Names["plural"]}.k8sbackup.dev", resource.Root["metadata"]["name"].ToString());
        Assert.Equal("v1alpha1", resource.Version["name"].ToString());
        Assert.Empty(((YamlMappingNode)resource.Version["subresources"]["status"]).Children);
        Assert.Contains("k8sbackup", ((YamlSequenceNode)resource.Names["categories"]).Children.Select(c => c.ToString()));
        foreach ((string path, YamlMappingNode schema) in resource.Everything())
        {
            string? type = CustomResource.Value(schema, "type");
            Assert.True(type is "object" or "array" or "string" or "integer" or "boolean", $"{path}: type {type}");
            Assert.True(path is ".apiVersion" or ".kind" or ".metadata" or "" || path.EndsWith("[]", StringComparison.Ordinal) || path.EndsWith("{}", StringComparison.Ordinal)
                || CustomResource.Value(schema, "description") is { Length: > 5 }, $"{path}: kubectl explain has nothing to say");
            Assert.True(type != "array" || CustomResource.Number(schema, "maxItems") > 0, $"{path}: a list without a bound");
            Assert.True(!schema.Children.ContainsKey("additionalProperties") || CustomResource.Number(schema, "maxProperties") > 0, $"{path}: a map without a bound");
            Assert.True(type != "string" || path is ".apiVersion" or ".kind" || CustomResource.Number(schema, "maxLength") > 0
                || schema.Children.ContainsKey("enum") || CustomResource.Value(schema, "format") == "date-time", $"{path}: a text without a bound");
            if (schema.Children.TryGetValue("default", out YamlNode? standard))
            {
                // In an item of a list it would make every kubectl apply a change: lists are replaced whole.
                Assert.False(path.Contains("[]", StringComparison.Ordinal), $"{path}: a default within a list");
                Assert.True(SchemaCheck.Faults(schema, standard).Count == 0, $"{path}: a default that is not allowed");
            }
        }
    }

    [Theory]
    [InlineData("BackupPlan", "bp", "bplan")]
    [InlineData("Backup", "bkp", "bkps")]
    [InlineData("Restore", "rst")]
    public void ShortNames_AreThoseOfTheDocument(string kind, params string[] names) =>
        Assert.Equal(names, ((YamlSequenceNode)CustomResource.All.Single(r => r.Kind == kind).Names["shortNames"]).Select(name => name.ToString()));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Columns_ShowFieldsThereAre(string kind)
    {
        CustomResource resource = CustomResource.All.Single(r => r.Kind == kind);
        foreach (YamlNode column in (YamlSequenceNode)resource.Version["additionalPrinterColumns"])
        {
            string[] path = column["jsonPath"].ToString()[1..].Split('[')[0].Split('.');
            if (path[0] != "metadata")
            {
                Assert.NotNull(resource.At(path));
            }
        }
    }

    [Theory]
    [InlineData("sources: []")]
    [InlineData("sources: [{}]")]
    [InlineData("sources: [{etcd: {}, controlPlane: {}}]")]
    [InlineData("sources: [{volume: {name: data}}]")]
    [InlineData("sources: [{volume: {name: data, path: srv}}]")]
    [InlineData("sources: [{volume: {name: Data, path: /srv}}]")]
    [InlineData("sources: [{etcd: {members: some}}]")]
    [InlineData("sources: [{podCommand: {pods: [x], command: []}}]")]
    [InlineData("sources: [{podCommand: {pods: [x], command: [x], file: a/b}}]")]
    [InlineData("sources: [{podCommand: {pods: [x], command: [x], timeout: 5}}]")]
    [InlineData("sources: [{podCommand: {pods: [x], command: [x], replicas: some}}]")]
    [InlineData("sources: [{podCommand: {pods: [x], command: [x], standardError: drop}}]")]
    [InlineData("sources: [{etcd: {}}], nodes: [{}]")]
    [InlineData("sources: [{etcd: {}}], nodes: [{roles: [master]}]")]
    [InlineData("sources: [{etcd: {}}], maxConcurrent: 0")]
    [InlineData("sources: [{etcd: {}}], nodeWait: 5")]
    [InlineData("sources: [{etcd: {}}], schedule: '0 2 * *'")]
    [InlineData("sources: [{etcd: {}}], schedule: '@never'")]
    [InlineData("sources: [{etcd: {}}], retention: {keepLast: 0}")]
    [InlineData("sources: [{etcd: {}}], retention: {etcd: {keepLast: 0}}")]
    [InlineData("sources: [{etcd: {}}], retention: {minimumGood: 0}")]
    [InlineData("sources: [{etcd: {}}], retetion: {}")]
    public void Parser_RefusesWhatTheDefinitionRefuses(string spec)
    {
        string text = $"apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata: {{name: x}}\nspec: {{{spec}}}\n";
        List<YamlFault> faults = [];
        Assert.Null(PlanParser.Parse(text, "x.yaml", faults));
        Assert.NotEmpty(faults);

        // What the schema alone refuses; exactly-one-of, paths and empty retention are rules in CEL, which an API server checks.
        YamlStream stream = [];
        stream.Load(new StringReader(text));
        bool isRule = spec.Contains("[{}]", StringComparison.Ordinal) || spec.Contains("{}, control", StringComparison.Ordinal) || spec.Contains("path: srv", StringComparison.Ordinal)
            || spec.Contains("keepLast: 0", StringComparison.Ordinal);
        Assert.Equal(isRule && !spec.Contains("nodes", StringComparison.Ordinal), SchemaCheck.Faults(CustomResource.Plan.Schema, stream.Documents[0].RootNode).Count == 0);
    }

    [Fact]
    public void Rules_AreTheseAndSayWhatIsWrong()
    {
        string[] known =
        [
            "BackupPlan : the name of a plan has at most 63 characters",
            "BackupPlan : names that begin with 'backup.' are taken by Backups without a plan",
            "Backup : the name of a Backup has at most 200 characters",
            "Backup .spec: exactly one of planRef and template is expected",
            "Restore .spec: exactly one of restorePoint, backupRef and latestOf is expected",
            "Restore .spec: exactly one of files, controlPlane and etcd is expected",
            "Restore .spec.files: exactly one of volume, claim and pod is expected",
            "Restore .spec.files: volume and node belong together",
            "Restore .spec.files: into is where a pod has it mounted; target and onNode are for directories",
            "Restore .spec.files.into: exactly one of claim and pod is expected",
        ];
        (string Kind, string Path, string Rule, string Message)[] rules =
            [.. CustomResource.All.SelectMany(r => r.Everything().SelectMany(s => CustomResource.Rules(s.Schema).Select(rule => (r.Kind, s.Path, rule.Rule, rule.Message))))];
        Assert.All(known, text => Assert.Contains(rules, r => $"{r.Kind} {r.Path}: {r.Message}" == text));
        string[] rest = [.. rules.Select(r => $"{r.Kind} {r.Path}: {r.Message}").Except(known)];
        Assert.All(rest, text => Assert.Matches(
            "absolute path without|would keep nothing|cannot be changed|cannot be added or taken away|a source needs exactly one of etcd, controlPlane, volume|a rule needs exactly one of include, exclude|a dump needs namespaces|belong to a command", text));
        Assert.All(rules, r => Assert.Equal(r.Rule.Count(c => c == '('), r.Rule.Count(c => c == ')')));

        // Whatever says what a run or a restore is cannot be changed once the object is there.
        Assert.All(
            (string[])["restorePoint", "backupRef", "latestOf", "files", "controlPlane", "etcd"],
            field => Assert.Contains(CustomResource.Rules(CustomResource.Restore.At("spec", field)), r => r.Rule == "self == oldSelf"));
    }

    [Theory]
    [InlineData("docs/plans.md")]
    [InlineData("docs/kubernetes.md")]
    public void Examples_FitTheDefinitions(string path)
    {
        int found = 0;
        foreach (Match block in YamlBlock().Matches(File.ReadAllText(Path.Combine(CustomResource.RepositoryRoot, path))))
        {
            YamlStream stream = [];
            stream.Load(new StringReader(block.Groups[1].Value));
            foreach (YamlDocument document in stream.Documents)
            {
                if (document.RootNode is YamlMappingNode root && CustomResource.Value(root, "kind") is { } kind && CustomResource.All.FirstOrDefault(r => r.Kind == kind) is { } resource)
                {
                    found++;
                    Assert.Empty(SchemaCheck.Faults(resource.Schema, root));
                }
            }
        }

        Assert.True(found > 0, $"{path} has no example.");
    }

    [Theory]
    [InlineData("tests/e2e/plan.yaml", 2)]
    [InlineData("tests/e2e/restore.yaml", 1)]
    public void ObjectsOfTheEndToEndTest_FitTheDefinitions(string path, int count)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(File.ReadAllText(Path.Combine(CustomResource.RepositoryRoot, path)).Replace("NAMESPACE", "e2e", StringComparison.Ordinal)));
        Assert.Equal(count, stream.Documents.Count);
        Assert.All(stream.Documents, document => Assert.Empty(
            SchemaCheck.Faults(CustomResource.All.Single(r => r.Kind == CustomResource.Value((YamlMappingNode)document.RootNode, "kind")).Schema, document.RootNode)));
    }

    /// <summary>What the parser knows, by the path of the mapping.</summary>
    private static Dictionary<string, HashSet<string>> KnownFields(string document)
    {
        List<YamlFault> faults = [];
        PlanParser.Parse(document, "x.json", faults);
        return faults.Select(f => KnownPattern().Match(f.Reason)).Where(m => m.Success)
            .ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value.Split(", ").ToHashSet());
    }

    [GeneratedRegex(@"^(.*)\.\?: there is no such field here; known are (.*)\.$")]
    private static partial Regex KnownPattern();

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex IndexPattern();

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex YamlBlock();
}
