using System.Text.RegularExpressions;
using K8sBackup.Chart.Tests.Rendering;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Objects;

/// <summary>Keys and credentials: Secrets of somebody's own by name, or made from values, and nowhere else.</summary>
public sealed partial class SecretTests
{
    [HelmFact]
    public async Task GivenAsValues_AreSecretsThatTheCoordinatorMounts()
    {
        RenderedChart chart = await RenderedChart.OfAsync("secrets");
        KubeObject[] secrets = [.. chart.OfKind("Secret")];
        YamlNode[] mounted = [.. chart.Coordinator.Pod.Items("volumes").Where(volume => volume.At("secret") is not null)];

        Assert.Equal(secrets.Select(each => each.Name).Order(StringComparer.Ordinal), mounted.Select(volume => volume.Text("secret/secretName")!).Order(StringComparer.Ordinal));
        Assert.All(mounted, volume => Assert.All(
            volume.Items("secret/items"), item => Assert.Contains(item.Text("key")!, secrets.Single(each => each.Name == volume.Text("secret/secretName")).Root.Map("stringData").Keys)));
        KubeObject key = secrets.Single(each => each.Root.Map("stringData").ContainsKey("repository.key"));
        Assert.Equal("K8SBACKUP-KEY not-a-real-one", key.Root.Map("stringData")["repository.key"]);
        // Without it the backups are unreadable, so Helm leaves it where it is.
        Assert.Equal("keep", key.Root.Map("metadata/annotations")["helm.sh/resource-policy"]);

        // In the form and under the profile the coordinator is told of.
        YamlNode settings = Yaml.Documents(chart.File(chart.Coordinator.Name, "coordinator.yaml")).Single();
        string credentials = secrets.Single(each => each != key).Root.Map("stringData").Values.Single();
        Assert.StartsWith($"[{settings.Text("store/s3/credentials/profile") ?? "default"}]\n", credentials, StringComparison.Ordinal);
        Assert.Equal(
            [("aws_access_key_id", "testaccess"), ("aws_secret_access_key", "test/secret+0123456789==")],
            Setting().Matches(credentials).Select(match => (match.Groups[1].Value, match.Groups[2].Value)));
    }

    [HelmFact]
    public async Task GivenAsValues_AreInNoOtherObject()
    {
        RenderedChart chart = await RenderedChart.OfAsync("secrets");
        string[] others = [.. chart.Text.Split("\n---").Where(text => !text.Contains("\nkind: Secret\n", StringComparison.Ordinal))];

        Assert.NotEmpty(others);
        Assert.All((string[])["testaccess", "test/secret", "not-a-real-one"], secret => Assert.All(others, text => Assert.DoesNotContain(secret, text, StringComparison.Ordinal)));
    }

    [HelmTheory]
    [InlineData("everything", "s3", "the-key")]
    [InlineData("bucket", "k8s-backup-repository-key", "store-credentials")]
    public async Task GivenByName_AreMountedAndNoneIsMade(string set, params string[] names)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);

        Assert.Empty(chart.OfKind("Secret"));
        YamlNode[] mounted = [.. chart.Coordinator.Pod.Items("volumes").Where(volume => volume.At("secret") is not null)];
        Assert.Equal(names, mounted.Select(volume => volume.Text("secret/secretName")).Order(StringComparer.Ordinal));
        // For the group of the coordinator and nobody else.
        Assert.All(mounted, volume => Assert.Equal("0440", volume.Text("secret/defaultMode")));
    }

    [GeneratedRegex("^([a-z_]+) = (.*)$", RegexOptions.Multiline)]
    private static partial Regex Setting();
}
