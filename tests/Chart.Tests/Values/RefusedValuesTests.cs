using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Values;

/// <summary>A wrong value ends the rendering, and the message names it.</summary>
public sealed class RefusedValuesTests
{
    // Dots are how one Helm writes a path, slashes how the other does.
    [HelmTheory]
    [InlineData("cluster=", "cluster")]
    [InlineData("cluster=Prod", "cluster")]
    [InlineData("clutser=prod", "clutser")]
    [InlineData("agents.restoers=false", "restoers")]
    [InlineData("agents.restores=maybe", "agents/restores")]
    [InlineData("agents.tokenSeconds=60", "agents/tokenSeconds")]
    [InlineData("agents.kubeletPath=var/lib/kubelet", "agents/kubeletPath")]
    [InlineData("agents.coordinators={http://a:1}", "agents/coordinators/0")]
    [InlineData("agents.worker.volumeRoots={data}", "agents/worker/volumeRoots/0")]
    [InlineData("agents.worker.resources.limits.memory=lots", "agents/worker/resources/limits/memory")]
    [InlineData("agents.controlPlane.tolerations[0].effect=Never", "agents/controlPlane/tolerations/0/effect")]
    [InlineData("coordinator.replicas=0", "coordinator/replicas")]
    [InlineData("coordinator.service.type=Ingress", "coordinator/service/type")]
    [InlineData("coordinator.state.claim.accessMode=Often", "coordinator/state/claim/accessMode")]
    [InlineData("coordinator.logLevel=loud", "coordinator/logLevel")]
    [InlineData("images.agent.digest=sha256:12", "images/agent/digest")]
    [InlineData("networkPolicy.store.ports={99999}", "networkPolicy/store/ports/0")]
    [InlineData("store.s3.addressing=none", "store/s3/addressing")]
    [InlineData("store.s3.objectLock.retain=soon", "store/s3/objectLock/retain")]
    [InlineData("store.azure.container=a", "azure")]
    [InlineData("store.s3.bucket=", "store: set store.s3.bucket or store.local.existingClaim")]
    [InlineData("store.local.existingClaim=a", "store.s3.bucket and store.local.existingClaim are both set")]
    [InlineData("store.s3.credentials.accessKeyId=a", "existingSecret and accessKeyId are both set")]
    [InlineData("store.s3.credentials.existingSecret=,store.s3.credentials.accessKeyId=a", "accessKeyId and secretAccessKey belong together")]
    [InlineData("repositoryKey.value=a,repositoryKey.existingSecret=b", "repositoryKey: existingSecret and value are both set")]
    [InlineData("coordinator.state.claim.create=true", "coordinator.replicas: several replicas share the state")]
    [InlineData("coordinator.state.claim.create=true,coordinator.state.existingClaim=a", "coordinator.state: existingClaim and claim.create are both set")]
    [InlineData("agents.controlPlane.nodeLabels=null", "agents.controlPlane.nodeLabels: name at least one label")]
    public async Task AWrongValue_IsNamed(string setting, string named)
    {
        foreach (Helm helm in Helm.All)
        {
            ProcessResult result = await helm.TemplateAsync(ValueSets.PathOf("bucket"), "--set", setting);

            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains(named, Slashes(result.StandardError, named), StringComparison.Ordinal);
        }
    }

    [HelmFact]
    public async Task EveryValue_IsInTheSchemaAndEveryFieldOfTheSchemaHasAValue()
    {
        // A value that the schema does not know is refused; one that only the schema knows has no default and no explanation.
        ProcessResult rendered = await Helm.All[0].TemplateAsync(RepositoryTree.PathOf("charts/k8s-backup-agent/values.yaml"), "--set", "cluster=a,store.s3.bucket=b");
        Assert.True(rendered.ExitCode == 0, rendered.StandardError);

        YamlDotNet.RepresentationModel.YamlNode values = Yaml.Documents(File.ReadAllText(Path.Combine(RepositoryTree.Chart, "values.yaml"))).Single();
        Assert.All(SchemaFields.Of(Path.Combine(RepositoryTree.Chart, "values.schema.json")), path => Assert.True(values.At(path) is not null, path));
    }

    private static string Slashes(string message, string named) => named.Contains('/', StringComparison.Ordinal) ? message.Replace('.', '/') : message;
}
