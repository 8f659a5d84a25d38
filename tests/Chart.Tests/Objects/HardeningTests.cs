using K8sBackup.Chart.Tests.Rendering;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Objects;

/// <summary>What the kernel lets each program do.</summary>
public sealed class HardeningTests
{
    private static readonly string[] _reading = ["DAC_READ_SEARCH", "FOWNER"];
    private static readonly string[] _writing = ["DAC_OVERRIDE", "CHOWN", "FSETID", "SETFCAP", "LINUX_IMMUTABLE", "MKNOD"];
    private static readonly string[] _bootTests = ["SYS_PTRACE", "SYS_ADMIN"];

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task EveryContainer_IsLimitedAndHardened(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);

        foreach (KubeObject workload in chart.Workloads)
        {
            foreach (YamlNode container in workload.Containers)
            {
                Assert.All((string[])["limits/cpu", "limits/memory", "requests/cpu", "requests/memory"], each => Assert.NotNull(container.Text($"resources/{each}")));
                // The one exception, which has to be asked for.
                bool mayOpenDevices = set == "block" && workload.IsAgents;
                Assert.Equal(mayOpenDevices ? null : "false", container.Text("securityContext/allowPrivilegeEscalation"));
                Assert.Equal(mayOpenDevices, container.Text("securityContext/privileged") == "true");
                Assert.Equal("true", container.Text("securityContext/readOnlyRootFilesystem"));
                Assert.Equal(["ALL"], container.Texts("securityContext/capabilities/drop"));
                Assert.Equal("RuntimeDefault", container.Text("securityContext/seccompProfile/type") ?? workload.Pod.Text("securityContext/seccompProfile/type"));
            }

            Assert.NotEqual("true", workload.Pod.Text("hostIPC"));
            Assert.Equal("false", workload.Pod.Text("enableServiceLinks"));
        }
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Coordinator_IsNobodyAndSeesNothingOfItsNode(string set)
    {
        KubeObject coordinator = (await RenderedChart.OfAsync(set)).Coordinator;

        Assert.Equal("true", coordinator.Pod.Text("securityContext/runAsNonRoot"));
        Assert.NotEqual("0", coordinator.Pod.Text("securityContext/runAsUser"));
        Assert.DoesNotContain(coordinator.Pod.Items("volumes"), volume => volume.At("hostPath") is not null);
        Assert.All((string[])["hostNetwork", "hostPID"], each => Assert.Null(coordinator.Pod.Text(each)));
        Assert.All(coordinator.Containers, container => Assert.Empty(container.Texts("securityContext/capabilities/add")));
        Assert.All(coordinator.Pod.Items("volumes").Where(volume => volume.At("emptyDir") is not null), volume => Assert.NotNull(volume.Text("emptyDir/sizeLimit")));
    }

    [HelmFact]
    public async Task Agents_HaveTheCapabilitiesTheirWorkNeeds()
    {
        Assert.Equal([.. _reading, .. _writing, .. _bootTests], await CapabilitiesAsync("bucket", "k8s-backup-agent-control-plane"));
        Assert.Equal([.. _reading, .. _writing], await CapabilitiesAsync("bucket", "k8s-backup-agent-worker"));
        // Freezing has to be asked for.
        Assert.Equal([.. _reading, .. _writing, "SYS_ADMIN"], await CapabilitiesAsync("everything", "-worker"));
        Assert.Equal([.. _reading, .. _writing, .. _bootTests], await CapabilitiesAsync("everything", "-control-plane"));
        // Without restores and without boot tests.
        Assert.Equal(_reading, await CapabilitiesAsync("local", "k8s-backup-agent-control-plane"));
        Assert.Equal(_reading, await CapabilitiesAsync("local", "k8s-backup-agent-worker"));
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task EveryCapability_HasItsReasonBeside(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);

        Assert.All(
            chart.Text.Split('\n').Where(line => Array.Exists([.. _reading, .. _writing, .. _bootTests], each => line.TrimStart().StartsWith($"- {each}", StringComparison.Ordinal))),
            line => Assert.Contains(" # ", line, StringComparison.Ordinal));
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task EveryOtherException_HasItsReasonBesideOrAbove(string set)
    {
        string[] lines = [.. (await RenderedChart.OfAsync(set)).Text.Split('\n').Select(line => line.Trim())];
        string[] exceptions = ["runAsUser: 0", "privileged: true", "hostNetwork: true", "hostPID: true", "automountServiceAccountToken: true", "seLinuxOptions:", "hostPath:"];
        bool IsException(string line) => line[0] != '#' && Array.Exists(exceptions, each => line.Contains(each, StringComparison.Ordinal) && (each.EndsWith(':') || line.EndsWith(each, StringComparison.Ordinal)));
        int found = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length > 0 && IsException(lines[i]))
            {
                found++;
                // One reason may stand above those that follow each other.
                string above = lines[..i].Last(line => line.Length > 0 && !IsException(line) && !line.StartsWith("- name:", StringComparison.Ordinal));
                Assert.True(above[0] == '#', $"{lines[i]}: no reason is given");
            }
        }

        Assert.True(found >= 4, $"{found}");
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Workers_SeeNothingOfTheControlPlane(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);

        foreach (KubeObject worker in chart.Agents.Where(agents => agents.Name.EndsWith("-worker", StringComparison.Ordinal)))
        {
            Assert.All((string[])["hostNetwork", "hostPID"], each => Assert.Null(worker.Pod.Text(each)));
            Assert.DoesNotContain(HostPaths(worker), path => path is "/" || path.StartsWith("/etc", StringComparison.Ordinal) || path.Contains("etcd", StringComparison.Ordinal));
        }
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task DirectoriesOfTheNode_AreSeenWhereTheNodeHasThem(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);

        foreach (KubeObject agents in chart.Agents)
        {
            Dictionary<string, string> nodes = agents.Pod.Items("volumes").Where(volume => volume.At("hostPath") is not null)
                .ToDictionary(volume => volume.Text("name")!, volume => volume.Text("hostPath/path")!);
            YamlNode[] mounts = [.. agents.Containers.Single().Items("volumeMounts").Where(mount => nodes.ContainsKey(mount.Text("name")!) && mount.Text("name") != "state")];
            Assert.NotEmpty(mounts);
            Assert.All(mounts, mount => Assert.Equal(("/host" + nodes[mount.Text("name")!]).TrimEnd('/'), mount.Text("mountPath")));
            // What is mounted later is seen; what the agent mounts, nobody sees.
            Assert.All(mounts, mount => Assert.Equal("HostToContainer", mount.Text("mountPropagation")));
        }
    }

    [HelmFact]
    public async Task WithoutRestores_NothingOfTheNodeCanBeWritten()
    {
        foreach (KubeObject agents in (await RenderedChart.OfAsync("local")).Agents)
        {
            Assert.All(
                agents.Containers.Single().Items("volumeMounts").Where(mount => mount.Text("mountPath")!.StartsWith("/host", StringComparison.Ordinal)),
                mount => Assert.Equal("true", mount.Text("readOnly")));
        }
    }

    [HelmTheory]
    [InlineData("control-plane", true)]
    [InlineData("bucket", false)]
    public async Task WithoutRestoresIntoVolumes_VolumesCannotBeWrittenAndTheRestCan(string set, bool isReadOnly)
    {
        YamlNode[] mounts = [.. Agents(await RenderedChart.OfAsync(set), "-control-plane").Containers.Single().Items("volumeMounts")];

        Assert.Equal(isReadOnly ? "true" : "false", mounts.Single(mount => mount.Text("name") == "kubelet").Text("readOnly"));
        Assert.Equal("false", mounts.Single(mount => mount.Text("mountPath") == "/host/etc/kubernetes").Text("readOnly"));
    }

    [HelmFact]
    public async Task TheWholeNode_IsOneMountSinceRestoresCrossNone()
    {
        RenderedChart chart = await RenderedChart.OfAsync("whole");

        Assert.Equal(["/", "/var/lib/k8sbackup-agent"], HostPaths(Agents(chart, "-control-plane")).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("/", HostPaths(Agents(chart, "-worker")));
    }

    [HelmFact]
    public async Task AgentsOfTheControlPlane_SurviveWhatTheyRestore()
    {
        KubeObject agents = (await RenderedChart.OfAsync("control-plane")).Agents.Single();

        Assert.Equal(("true", "ClusterFirstWithHostNet"), (agents.Pod.Text("hostNetwork"), agents.Pod.Text("dnsPolicy")));
        Assert.Equal("system-node-critical", agents.Pod.Text("priorityClassName"));
        // No key and no effect: every taint, those of a node that is not ready included.
        Assert.Equal(["{ { operator, Exists } }"], agents.Pod.Items("tolerations").Select(toleration => toleration.ToString()));
        Assert.Contains("/etc/kubernetes", HostPaths(agents));
        Assert.Contains("/var/lib/etcd", HostPaths(agents));
    }

    private static KubeObject Agents(RenderedChart chart, string ending) => chart.Agents.Single(each => each.Name.EndsWith(ending, StringComparison.Ordinal));

    private static async Task<IReadOnlyList<string>> CapabilitiesAsync(string set, string agents) =>
        Agents(await RenderedChart.OfAsync(set), agents).Containers.Single().Texts("securityContext/capabilities/add");

    private static IEnumerable<string> HostPaths(KubeObject workload) =>
        workload.Pod.Items("volumes").Select(volume => volume.Text("hostPath/path")).OfType<string>();
}
