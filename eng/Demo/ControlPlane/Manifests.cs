namespace K8sBackup.Demo.ControlPlane;

/// <summary>The static-pod manifests kubeadm writes, with what discovery reads: flags, host paths and mounts.</summary>
internal static class Manifests
{
    public static void Write(string directory, string node, int clientPort, int peerPort)
    {
        File.WriteAllText(Path.Combine(directory, "etcd.yaml"), Etcd(node, clientPort, peerPort));
        File.WriteAllText(Path.Combine(directory, "kube-apiserver.yaml"), ApiServer(clientPort));
        foreach (string name in (string[])["kube-controller-manager", "kube-scheduler"])
        {
            string configuration = name[5..];
            File.WriteAllText(
                Path.Combine(directory, name + ".yaml"),
                Pod(name, [$"--kubeconfig=/etc/kubernetes/{configuration}.conf"], [("kubeconfig", $"/etc/kubernetes/{configuration}.conf", "FileOrCreate")]));
        }
    }

    private static string Etcd(string node, int clientPort, int peerPort) => Pod(
        "etcd",
        [
            $"--name={node}",
            "--data-dir=/var/lib/etcd",
            $"--advertise-client-urls=https://127.0.0.1:{clientPort}",
            $"--listen-client-urls=https://127.0.0.1:{clientPort}",
            $"--initial-advertise-peer-urls=https://127.0.0.1:{peerPort}",
            $"--listen-peer-urls=https://127.0.0.1:{peerPort}",
            $"--initial-cluster={node}=https://127.0.0.1:{peerPort}",
            "--cert-file=/etc/kubernetes/pki/etcd/server.crt",
            "--key-file=/etc/kubernetes/pki/etcd/server.key",
            "--client-cert-auth=true",
            "--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt",
            "--peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt",
            "--peer-key-file=/etc/kubernetes/pki/etcd/peer.key",
            "--peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt",
            "--peer-client-cert-auth=true",
            "--snapshot-count=10000",
        ],
        [("etcd-data", "/var/lib/etcd", "DirectoryOrCreate"), ("etcd-certs", "/etc/kubernetes/pki/etcd", "DirectoryOrCreate")]);

    private static string ApiServer(int clientPort) => Pod(
        "kube-apiserver",
        [
            $"--etcd-servers=https://127.0.0.1:{clientPort}",
            "--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt",
            "--etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt",
            "--etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key",
            "--client-ca-file=/etc/kubernetes/pki/ca.crt",
            "--tls-cert-file=/etc/kubernetes/pki/apiserver.crt",
            "--tls-private-key-file=/etc/kubernetes/pki/apiserver.key",
            "--service-account-key-file=/etc/kubernetes/pki/sa.pub",
            "--service-account-signing-key-file=/etc/kubernetes/pki/sa.key",
            "--encryption-provider-config=/etc/kubernetes/encryption/config.yaml",
        ],
        [("k8s-certs", "/etc/kubernetes/pki", "DirectoryOrCreate"), ("encryption", "/etc/kubernetes/encryption", "Directory")]);

    private static string Pod(string name, string[] flags, (string Name, string Path, string Type)[] volumes)
    {
        string command = string.Concat(flags.Select(flag => $"    - {flag}\n"));
        string mounts = string.Concat(volumes.Select(v => $"    - mountPath: {v.Path}\n      name: {v.Name}\n"));
        string hostPaths = string.Concat(volumes.Select(v => $"  - hostPath:\n      path: {v.Path}\n      type: {v.Type}\n    name: {v.Name}\n"));
        return $"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: {name}
              namespace: kube-system
              labels:
                component: {name}
                tier: control-plane
            spec:
              hostNetwork: true
              priorityClassName: system-node-critical
              containers:
              - name: {name}
                image: registry.example/{name}:v1
                command:
                - {name}
            {command.TrimEnd()}
                volumeMounts:
            {mounts.TrimEnd()}
              volumes:
            {hostPaths.TrimEnd()}

            """;
    }
}
