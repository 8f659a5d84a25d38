using K8sBackup.Chart.Tests.Rendering;

namespace K8sBackup.Chart.Tests.Schema;

public sealed class SchemaTests
{
    private readonly KubernetesSchema _schema = KubernetesSchema.Read();

    [HelmTheory]
    [MemberData(nameof(ValueSets.AllWithEachHelm), MemberType = typeof(ValueSets))]
    public async Task EveryObject_HasOnlyFieldsThatKubernetesHas(string set, string helm)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set, helm);

        Assert.NotEmpty(chart.Objects);
        Assert.Empty(chart.Objects.SelectMany(_schema.Faults));
    }

    [Theory]
    [InlineData("spec: {replicas: 1}", "ServiceAccount/a/spec: there is no such field")]
    [InlineData("automountServiceAccountToken: 'false'", "ServiceAccount/a/automountServiceAccountToken: boolean is expected, not 'false'")]
    [InlineData("imagePullSecrets: {name: a}", "ServiceAccount/a/imagePullSecrets: a list is expected")]
    [InlineData("imagePullSecrets: [{}]", "ServiceAccount/a/imagePullSecrets[0]/name: is missing")]
    [InlineData("imagePullSecrets: [{name: A_B}]", "ServiceAccount/a/imagePullSecrets[0]/name: dns is expected, not 'A_B'")]
    public void AFault_IsNamedWithItsPath(string line, string fault) =>
        Assert.Equal([fault], Faults($"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: a, namespace: b}}\n{line}\n"));

    [Theory]
    [InlineData("annotations: {a: true}", "Namespace/a/metadata/annotations/a: text is expected, not 'true'")]
    [InlineData("annotations: {a: 1.5}", "Namespace/a/metadata/annotations/a: text is expected, not '1.5'")]
    [InlineData("labels: {'a b': c}", "Namespace/a/metadata/labels: labelKey is expected, not 'a b'")]
    [InlineData("labels: {a: 'b c'}", "Namespace/a/metadata/labels/a: labelValue is expected, not 'b c'")]
    [InlineData("namespace: b", "Namespace/a/metadata/namespace: there is no such field")]
    public void AFaultOfMetadata_IsNamedWithItsPath(string field, string fault) =>
        Assert.Equal([fault], Faults($"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  {field}\n"));

    [Fact]
    public void OfSeveralWaysToSayWhatAVolumeIs_OneIsTaken() => Assert.Equal(
        ["PodDisruptionBudget/a/spec: 2 of minAvailable, maxUnavailable are given; one is expected"],
        Faults("apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: b}\nspec: {minAvailable: 1, maxUnavailable: 50%, selector: {matchLabels: {a: b}}}\n"));

    [Fact]
    public void AKindThatIsNotKnown_IsAFault() =>
        Assert.Equal(["Pod/a: the schema has no kind 'v2 Pod'"], Faults("apiVersion: v2\nkind: Pod\nmetadata: {name: a}\n"));

    private IReadOnlyList<string> Faults(string text) => _schema.Faults(new KubeObject(Yaml.Documents(text).Single()));
}
