using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Rendering;

/// <summary>One rendered object.</summary>
internal sealed record KubeObject(YamlNode Root)
{
    private static readonly string[] _workloads = ["Deployment", "DaemonSet"];

    public string ApiVersion => Root.Text("apiVersion") ?? "";

    public string Kind => Root.Text("kind") ?? "";

    public string Name => Root.Text("metadata/name") ?? "";

    public string? Namespace => Root.Text("metadata/namespace");

    public bool IsWorkload => _workloads.Contains(Kind);

    /// <summary>A DaemonSet: what runs on nodes.</summary>
    public bool IsAgents => Kind == "DaemonSet";

    public YamlNode? Pod => Root.At("spec/template/spec");

    public IReadOnlyList<YamlNode> Containers => [.. Pod.Items("initContainers"), .. Pod.Items("containers")];

    public override string ToString() => $"{Kind}/{Name}";
}
