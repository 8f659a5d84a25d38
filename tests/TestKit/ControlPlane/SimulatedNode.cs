using System.Net;
using System.Net.Sockets;

namespace K8sBackup.TestKit.ControlPlane;

/// <summary>
/// A control-plane node in a directory: its root file system with static-pod manifests as kubeadm writes them, and an
/// address of its own on the loopback network. A <see cref="SimulatedKubelet"/> brings it to life.
/// </summary>
public sealed class SimulatedNode
{
    public const string EtcdManifest = "etcd.yaml";
    public const string ApiServerManifest = "kube-apiserver.yaml";

    private readonly Dictionary<string, int> _ports = new(StringComparer.Ordinal);

    private SimulatedNode(string name, string root, string address)
    {
        Name = name;
        Root = root;
        Address = address;
        foreach (string port in (string[])["client", "peer", "apiserver", "controller", "scheduler"])
        {
            _ports[port] = FreePort(address);
        }
    }

    public string Name { get; }

    /// <summary>What is "/" on the node.</summary>
    public string Root { get; }

    public string Address { get; }

    /// <summary>Where the kubelet looks.</summary>
    public string Manifests => At("etc/kubernetes/manifests");

    /// <summary>etcd's data directory.</summary>
    public string Data => At("var/lib/etcd");

    public string Member => Path.Combine(Data, "member");

    public Uri EtcdEndpoint => new($"http://{Address}:{_ports["client"]}");

    public string PeerUrl => $"http://{Address}:{_ports["peer"]}";

    public int ApiServerPort => _ports["apiserver"];

    public string At(string relative) => Path.Combine(Root, relative);

    /// <summary>Lays out nodes cp-1, cp-2, ... whose etcds are to be one cluster. Nothing runs yet.</summary>
    public static IReadOnlyList<SimulatedNode> Create(string directory, int count, string etcdImage, params string[] etcdFlags)
    {
        SimulatedNode[] nodes = [.. Enumerable.Range(1, count).Select(i => new SimulatedNode($"cp-{i}", Path.Combine(directory, $"cp-{i}"), $"127.0.0.{10 + i}"))];
        string initial = string.Join(',', nodes.Select(node => $"{node.Name}={node.PeerUrl}"));
        foreach (SimulatedNode node in nodes)
        {
            node.WriteFiles(initial, etcdImage, etcdFlags);
        }

        return nodes;
    }

    private static int FreePort(string address)
    {
        using TcpListener listener = new(IPAddress.Parse(address), 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void WriteFiles(string initialCluster, string etcdImage, string[] etcdFlags)
    {
        Directory.CreateDirectory(Manifests);
        Directory.CreateDirectory(Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        WritePod(EtcdManifest, "etcd", etcdImage,
        [
            $"--name={Name}",
            "--data-dir=/var/lib/etcd",
            $"--listen-client-urls={EtcdEndpoint.GetLeftPart(UriPartial.Authority)}",
            $"--advertise-client-urls={EtcdEndpoint.GetLeftPart(UriPartial.Authority)}",
            $"--listen-peer-urls={PeerUrl}",
            $"--initial-advertise-peer-urls={PeerUrl}",
            $"--initial-cluster={initialCluster}",
            .. etcdFlags,
        ]);
        WritePod(ApiServerManifest, "kube-apiserver", "registry.example/kube-apiserver:v1.30.0", [$"--bind-address={Address}", $"--secure-port={_ports["apiserver"]}", $"--etcd-servers={EtcdEndpoint}"]);
        WritePod("kube-controller-manager.yaml", "kube-controller-manager", "registry.example/kcm:v1.30.0", [$"--bind-address={Address}", $"--secure-port={_ports["controller"]}"]);
        WritePod("kube-scheduler.yaml", "kube-scheduler", "registry.example/ks:v1.30.0", [$"--bind-address={Address}", $"--secure-port={_ports["scheduler"]}"]);
    }

    private void WritePod(string file, string name, string image, IEnumerable<string> flags) => File.WriteAllText(
        Path.Combine(Manifests, file),
        $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {name}
          namespace: kube-system
        spec:
          hostNetwork: true
          containers:
          - name: {name}
            image: {image}
            command:
            - {name}
        {string.Concat(flags.Select(flag => $"    - {flag}\n")).TrimEnd()}
            volumeMounts:
            - mountPath: /var/lib/etcd
              name: etcd-data
          volumes:
          - hostPath:
              path: /var/lib/etcd
              type: DirectoryOrCreate
            name: etcd-data

        """);
}
