using K8sBackup.Chart.Tests.Rendering;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Objects;

/// <summary>What the API server lets each program do.</summary>
public sealed class RightsTests
{
    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Agents_HaveNoRightsAndNoTokenOfTheApi(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);

        Assert.All(chart.OfKind("ServiceAccount"), account => Assert.Equal("false", account.Root.Text("automountServiceAccountToken")));
        Assert.NotEmpty(chart.Agents);
        foreach (KubeObject agents in chart.Agents)
        {
            Assert.Equal("false", agents.Pod.Text("automountServiceAccountToken"));
            YamlNode token = Assert.Single(agents.Pod.Items("volumes").SelectMany(volume => volume.Items("projected/sources")), source => source.At("serviceAccountToken") is not null);
            Assert.Equal("k8s-backup", token.Text("serviceAccountToken/audience"));
            Assert.InRange(int.Parse(token.Text("serviceAccountToken/expirationSeconds")!, null), 600, 3600);
            // Neither the repository's key nor the store's credentials, nor any other Secret, is ever on a node because of an agent.
            Assert.DoesNotContain(agents.Pod.Items("volumes"), volume => volume.At("secret") is not null);
            Assert.DoesNotContain(agents.Pod.Items("volumes").SelectMany(volume => volume.Items("projected/sources")), source => source.At("secret") is not null);
            Assert.DoesNotContain(agents.Containers.SelectMany(container => container.Items("env")), variable => variable.At("valueFrom/secretKeyRef") is not null);
        }

        Assert.Equal([$"ServiceAccount {chart.Coordinator.Name} {RenderedChart.Namespace}"], Subjects(chart).Distinct());
    }

    [HelmFact]
    public async Task Coordinator_MayDoExactlyThis()
    {
        RenderedChart chart = await RenderedChart.OfAsync("bucket");

        Assert.Equal(
            [
                "/pods,nodes,namespaces,persistentvolumeclaims,persistentvolumes: get,list,watch",
                "/pods/exec: get,create",
                "authentication.k8s.io/tokenreviews: create",
            ],
            Rules(chart, "ClusterRole"));
        Assert.Equal(
            [
                "k8sbackup.dev/backupplans,backups,restores: get,list,watch",
                "k8sbackup.dev/backups: create,patch,delete",
                "k8sbackup.dev/backupplans/status,backups/status,restores/status: update",
                "events.k8s.io/events: create",
                "coordination.k8s.io/leases: create",
                "coordination.k8s.io/leases[k8s-backup-coordinator]: get,update",
                "/pods: patch",
                "/secrets: create",
                "/secrets[k8s-backup-authority]: get,update",
                "/configmaps: get,list,create,update,patch,delete",
            ],
            Rules(chart, "Role"));
    }

    [HelmFact]
    public async Task WithoutHooks_NothingMayBeRunInPods() =>
        Assert.DoesNotContain(Rules(await RenderedChart.OfAsync("local"), "ClusterRole"), rule => rule.Contains("exec", StringComparison.Ordinal));

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task EveryRule_HasItsReasonAbove(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);
        string[] lines = chart.Text.Split('\n');
        int rules = 0;
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].TrimStart().StartsWith("- apiGroups:", StringComparison.Ordinal))
            {
                rules++;
                // One reason may stand above rules that belong together.
                int above = Array.FindLastIndex(lines, i - 1, line => line.TrimStart().StartsWith('#') || line == "rules:");
                Assert.StartsWith("#", lines[above].TrimStart(), StringComparison.Ordinal);
            }
        }

        Assert.Equal(chart.Objects.Where(each => each.Kind is "Role" or "ClusterRole").Sum(role => role.Root.Items("rules").Count), rules);
    }

    private static IEnumerable<string> Rules(RenderedChart chart, string kind) => chart.OfKind(kind).Single().Root.Items("rules").Select(rule =>
    {
        string names = string.Join(',', rule.Texts("resourceNames"));
        return $"{string.Join(',', rule.Texts("apiGroups"))}/{string.Join(',', rule.Texts("resources"))}{(names.Length > 0 ? $"[{names}]" : "")}: {string.Join(',', rule.Texts("verbs"))}";
    });

    private static IEnumerable<string> Subjects(RenderedChart chart) => chart.Objects
        .Where(each => each.Kind.EndsWith("RoleBinding", StringComparison.Ordinal))
        .SelectMany(binding => binding.Root.Items("subjects"))
        .Select(subject => $"{subject.Text("kind")} {subject.Text("name")} {subject.Text("namespace")}");
}
