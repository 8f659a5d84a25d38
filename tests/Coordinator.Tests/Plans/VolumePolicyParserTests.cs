using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Manifests;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Tests.Plans;

public sealed class VolumePolicyParserTests
{
    [Fact]
    public void Parse_Rules_HaveEveryCondition()
    {
        (PlanSource.PodVolumes source, _) = Parse("""
            name: apps
            default: exclude
            annotations: false
            notMounted: note
            rules:
              - exclude: {namespaces: [kube-*]}
              - name: databases
                include:
                  namespaces: [prod]
                  namespaceLabels: {team: db}
                  podLabels: {app: "pg-*"}
                  claimLabels: {tier: gold}
                  claims: [data-*]
                  volumes: [d]
                  storageClasses: [fast]
                  kinds: [csi, hostPath]
                  minSize: 1Gi
                  maxSize: 2Ti
            """);

        Assert.Equal("apps", source.Name);
        Assert.Equal((false, false, false), (source.Policy.TakesClaims, source.Policy.Annotations, source.Policy.UnmountedFails));
        Assert.Equal([("rule 1", false), ("databases", true)], source.Policy.Rules.Select(r => (r.Name, r.Includes)));
        VolumeRule rule = source.Policy.Rules[1];
        Assert.Equal((1L << 30, 2L << 40), (rule.SizeMin, rule.SizeMax));
        Assert.Equal([PodVolumeKind.Csi, PodVolumeKind.HostPath], rule.Kinds);
        Assert.Equal(("db", "pg-*", "gold"), (rule.NamespaceLabels["team"], rule.PodLabels["app"], rule.ClaimLabels["tier"]));
    }

    [Fact]
    public void Parse_Nothing_TakesAllClaims()
    {
        (PlanSource.PodVolumes source, _) = Parse("{}");
        Assert.Equal(("pods", true, true, true), (source.Name, source.Policy.TakesClaims, source.Policy.Annotations, source.Policy.UnmountedFails));
    }

    [Theory]
    [InlineData("default: maybe", "include or exclude is expected")]
    [InlineData("rules: [{include: {}, exclude: {}}]", "exactly one of include, exclude")]
    [InlineData("rules: [{name: x}]", "exactly one of include, exclude")]
    [InlineData("rules: [{include: {kinds: [secret]}}]", "not 'secret'")]
    [InlineData("rules: [{include: {minSize: big}}]", "a size such as 10Gi")]
    [InlineData("rules: [{include: {minSize: 2Gi, maxSize: 1Gi}}]", "no volume fits")]
    [InlineData("rules: [{include: {namespace: x}}]", "namespace")]
    public void Parse_Faults_AreNamed(string options, string fault) =>
        Assert.Contains(Parse(options).Faults, f => f.ToString().Contains(fault, StringComparison.Ordinal));

    private static (PlanSource.PodVolumes Source, List<YamlFault> Faults) Parse(string options)
    {
        List<YamlFault> faults = [];
        string indented = string.Join('\n', options.Split('\n').Select(line => "        " + line));
        BackupPlan? plan = PlanParser.Parse(
            $"apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata:\n  name: p\nspec:\n  sources:\n    - podVolumes:\n{indented}\n", "p.yaml", faults);
        return (plan is null ? null! : (PlanSource.PodVolumes)Assert.Single(plan.Sources), faults);
    }
}
