using System.Text.Json;
using K8sBackup.Settings.Stores;

namespace K8sBackup.Cli.Keys;

/// <summary>The texts of the files <c>init</c> writes.</summary>
internal static class InitFiles
{
    /// <summary>A plan to copy: the name's ending keeps it from being in force.</summary>
    public const string ExamplePlan = """
        # A plan: rename to nightly.yaml to put it in force. The coordinator sees changes within seconds.
        apiVersion: k8sbackup.dev/v1alpha1
        kind: BackupPlan
        metadata:
          name: nightly
        spec:
          schedule: "0 2 * * *"
          timeZone: UTC
          sources:
          - etcd: {}
            nodes:
            - roles: [control-plane]
          - controlPlane: {}
            nodes:
            - roles: [control-plane]
          # A directory tree on every node that is selected; the path must lie below a volume root of the agent.
          # - volume:
          #     name: data
          #     path: /var/lib/kubelet/pods/POD/volumes/kubernetes.io~csi/VOLUME/mount
          #   nodes:
          #   - names: [worker-1]
          retention:
            keepDaily: 7
            keepWeekly: 4

        """;

    /// <summary>The coordinator's configuration.</summary>
    public static string Coordinator(InitPlan plan) => $$"""
        # Configuration of k8sbackup-coordinator. Relative paths count from this file.
        cluster: {{plan.Cluster}}
        listen: {{Quoted(plan.Listen.ToString())}}
        hosts: [{{string.Join(", ", plan.Hosts.Select(Quoted))}}]
        state: .
        plans: plans
        {{StoreText.Format(plan.Store)}}
        keyFile: {{Path.GetFileName(plan.KeyFile)}}

        """;

    // A JSON text is a double-quoted YAML scalar.
    private static string Quoted(string text) => JsonSerializer.Serialize(text);
}
