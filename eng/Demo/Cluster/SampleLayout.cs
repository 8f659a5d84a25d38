namespace K8sBackup.Demo.Cluster;

/// <summary>Where the sample nodes' file systems and the volume are, and the plan that backs them up.</summary>
internal sealed class SampleLayout
{
    /// <summary>The volume as the worker sees it, below kubelet's directory of pods.</summary>
    public const string VolumeOnNode = "/var/lib/kubelet/pods/0f6a7c1e-demo/volumes/kubernetes.io~csi/data/mount";

    private readonly string _directory;

    public SampleLayout(string directory) => _directory = directory;

    /// <summary>The volume as this machine sees it.</summary>
    public string Volume => HostRootOf("worker-1") + VolumeOnNode;

    public string HostRootOf(string node) => Path.Combine(_directory, "nodes", node);

    /// <summary>A plan on demand with all three kinds of source.</summary>
    public static string Plan(string name, string controlPlaneNode, string workerNode) =>
        $$"""
        apiVersion: k8sbackup.dev/v1alpha1
        kind: BackupPlan
        metadata:
          name: {{name}}
        spec:
          sources:
          - etcd: {}
            nodes:
            - names: [{{controlPlaneNode}}]
          - controlPlane: {}
            nodes:
            - names: [{{controlPlaneNode}}]
          - volume:
              name: data
              path: {{VolumeOnNode}}
            nodes:
            - names: [{{workerNode}}]

        """;
}
