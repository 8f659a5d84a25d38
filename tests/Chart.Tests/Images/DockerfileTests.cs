using System.Text.RegularExpressions;
using System.Xml.Linq;
using K8sBackup.Chart.Tests.Rendering;

namespace K8sBackup.Chart.Tests.Images;

public sealed partial class DockerfileTests
{
    public static TheoryData<string> Programs => ["coordinator", "agent", "cli"];

    [Theory]
    [MemberData(nameof(Programs))]
    public void Bases_ArePinnedAndCanBePinnedByDigest(string program)
    {
        Dockerfile file = Dockerfile.Read(program);

        // The one base is an argument whose default names a dated tag; a release gives a digest.
        string argument = Assert.Single(file.Of("ARG"));
        Assert.Matches(@"^BASE=debian:bookworm-\d{8}-slim$", argument);
        Assert.Equal(["${BASE} AS libraries", "scratch"], file.Of("FROM"));
    }

    [Theory]
    [InlineData("coordinator", "65532:65532")]
    [InlineData("cli", "65532:65532")]
    [InlineData("agent", "0:0")]
    public void User_IsANumber(string program, string user) => Assert.Equal([user], Dockerfile.Read(program).Of("USER"));

    [Theory]
    [MemberData(nameof(Programs))]
    public void EntryPoint_IsTheProgramThatIsPublished(string program)
    {
        string entry = Assert.Single(Dockerfile.Read(program).Of("ENTRYPOINT"));
        string project = Directory.GetFiles(RepositoryTree.PathOf(program), "*.csproj").Single();
        string name = XDocument.Load(project).Descendants("AssemblyName").Single().Value;

        Assert.Equal($"[\"/opt/k8sbackup/{name}\"]", entry);
        Assert.Equal([". /opt/k8sbackup/"], Dockerfile.Read(program).Of("COPY").Skip(1));
        string published = RepositoryTree.PathOf($"artifacts/images/{program}");
        Assert.True(!Directory.Exists(published) || File.Exists(Path.Combine(published, name)), $"{published} lacks {name}");
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Libraries_ThatTheProgramLoads_AreThere(string program)
    {
        string packages = Download().Match(Dockerfile.Read(program).Of("RUN").Single()).Groups[1].Value;

        Assert.Superset(new HashSet<string>(["libc6", "libgcc-s1", "libstdc++6", "libssl3", "libzstd1"]), new HashSet<string>(packages.Split(' ')));
        // Only who calls buckets trusts the world's authorities, and only who keeps schedules needs time zones.
        Assert.Equal(program == "coordinator", packages.Contains("tzdata", StringComparison.Ordinal));
        Assert.Equal(program != "agent", Dockerfile.Read(program).Of("ENV").Single().Contains("SSL_CERT_FILE", StringComparison.Ordinal));
    }

    [HelmFact]
    public async Task TheChart_RunsTheImagesAsTheUsersTheyAreMadeFor()
    {
        RenderedChart chart = await RenderedChart.OfAsync("bucket");

        Assert.Equal("65532:65532", $"{chart.Coordinator.Pod.Text("securityContext/runAsUser")}:{chart.Coordinator.Pod.Text("securityContext/runAsGroup")}");
        Assert.All(chart.Agents, agents => Assert.Equal("0", agents.Containers.Single().Text("securityContext/runAsUser")));
        Assert.All(chart.Workloads, workload => Assert.Null(workload.Containers.Single().At("command")));
        Assert.Equal(["k8sbackup/agent:0.1.0", "k8sbackup/coordinator:0.1.0"], chart.Workloads.Select(each => each.Containers.Single().Text("image")!).Distinct().Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"apt-get download ([^;]*);")]
    private static partial Regex Download();
}
