using K8sBackup.TestKit.Certificates;

namespace K8sBackup.TestKit.ControlPlane;

/// <summary>
/// A control-plane node in a directory: its root file system with static-pod manifests as kubeadm writes them, and a place
/// in the network. A <see cref="SimulatedKubelet"/> brings it to life.
/// </summary>
public sealed class SimulatedNode
{
    public const string EtcdManifest = "etcd.yaml";
    public const string ApiServerManifest = "kube-apiserver.yaml";
    public const string ControllerManagerManifest = "kube-controller-manager.yaml";
    public const string SchedulerManifest = "kube-scheduler.yaml";

    private const string DataDirectory = "/var/lib/etcd";
    private const string WalDirectory = "/var/lib/etcd-wal";

    private readonly NodePorts _ports;
    private readonly string? _namespace;
    private readonly bool _ownWal;

    private SimulatedNode(string directory, int number, SimulatedPlaneOptions options)
    {
        _namespace = options.Network?.NamespaceOf(number);
        _ownWal = options.NodeWithOwnWal == number;
        EtcdProgram = options.EtcdProgram;
        // Names of members are unique on this machine where they can be: agents look for their etcd among all processes.
        Name = _namespace ?? $"cp-{number}";
        Root = Path.Combine(directory, Name);
        Address = options.Network?.AddressOf(number) ?? $"127.0.0.{10 + number}";
        _ports = options.Network is null ? NodePorts.Free(Address) : NodePorts.Usual;
    }

    public string Name { get; }

    /// <summary>What is "/" on the node.</summary>
    public string Root { get; }

    /// <summary>For the other nodes.</summary>
    public string Address { get; }

    /// <summary>The program its kubelet starts.</summary>
    public string EtcdProgram { get; }

    /// <summary>Where the kubelet looks.</summary>
    public string Manifests => At("etc/kubernetes/manifests");

    /// <summary>etcd's data directory.</summary>
    public string Data => AtHost(DataDirectory);

    public string Member => Path.Combine(Data, "member");

    /// <summary>Where etcd's log is.</summary>
    public string Wal => _ownWal ? AtHost(WalDirectory) : Path.Combine(Member, "wal");

    /// <summary>Where etcd is called on the node.</summary>
    public Uri EtcdEndpoint => new($"{Scheme}://{(IsTls ? "127.0.0.1" : Address)}:{_ports.Client}");

    public string PeerUrl => $"{Scheme}://{Address}:{_ports.Peer}";

    private bool IsTls => _namespace is not null;

    private string Scheme => IsTls ? "https" : "http";

    public string At(string relative) => Path.Combine(Root, relative);

    /// <summary>The same for a path as the node writes it.</summary>
    public string AtHost(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return At(path[1..]);
    }

    /// <summary>The command line that runs a program in the node's network.</summary>
    public (string Program, string[] Arguments) Inside(string program, params string[] arguments) =>
        _namespace is null ? (program, arguments) : NodeNetwork.Enter(_namespace, program, arguments);

    /// <summary>Options of etcdctl that name this node's member.</summary>
    public IReadOnlyList<string> ClientOptions()
    {
        string pki = At(EtcdPki.Folder);
        string endpoint = $"--endpoints={EtcdEndpoint.GetLeftPart(UriPartial.Authority)}";
        return IsTls ? [endpoint, $"--cacert={pki}/ca.crt", $"--cert={pki}/healthcheck-client.crt", $"--key={pki}/healthcheck-client.key"] : [endpoint];
    }

    /// <summary>Lays out nodes whose etcds are to be one cluster. Nothing runs yet.</summary>
    public static IReadOnlyList<SimulatedNode> Create(string directory, SimulatedPlaneOptions options, string etcdVersion)
    {
        ArgumentNullException.ThrowIfNull(options);
        SimulatedNode[] nodes = [.. Enumerable.Range(1, options.Nodes).Select(number => new SimulatedNode(directory, number, options))];
        string initial = string.Join(',', nodes.Select(node => $"{node.Name}={node.PeerUrl}"));
        using TestCertificateAuthority authority = TestCertificateAuthority.Create("etcd-ca");
        foreach (SimulatedNode node in nodes)
        {
            node.WriteFiles(initial, etcdVersion);
            if (node.IsTls)
            {
                EtcdPki.Write(authority, node);
            }
        }

        return nodes;
    }

    private void WriteFiles(string initialCluster, string etcdVersion)
    {
        Directory.CreateDirectory(Manifests);
        string[] directories = _ownWal ? [DataDirectory, WalDirectory] : [DataDirectory];
        foreach (string directory in directories)
        {
            Directory.CreateDirectory(AtHost(directory), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        string own = EtcdEndpoint.GetLeftPart(UriPartial.Authority), others = $"{Scheme}://{Address}:{_ports.Client}";
        StaticPodFile.Write(Manifests, "etcd", $"registry.example/etcd:{etcdVersion}-0", IsTls ? [.. directories, $"/{EtcdPki.Folder}"] : directories,
        [
            $"--name={Name}",
            $"--data-dir={DataDirectory}",
            .. _ownWal ? [$"--wal-dir={WalDirectory}"] : Array.Empty<string>(),
            $"--listen-client-urls={string.Join(',', new[] { own, others }.Distinct())}",
            $"--advertise-client-urls={others}",
            $"--listen-peer-urls={PeerUrl}",
            $"--initial-advertise-peer-urls={PeerUrl}",
            $"--initial-cluster={initialCluster}",
            .. IsTls ? ["--listen-metrics-urls=http://127.0.0.1:2381", InitialCheck(etcdVersion), .. EtcdPki.Flags] : Array.Empty<string>(),
        ]);
        string bind = IsTls ? "127.0.0.1" : Address;
        StaticPodFile.Write(Manifests, "kube-apiserver", "registry.example/kube-apiserver:v1.30.0", [], [$"--bind-address={(IsTls ? "0.0.0.0" : Address)}", $"--secure-port={_ports.ApiServer}", $"--etcd-servers={own}"]);
        StaticPodFile.Write(Manifests, "kube-controller-manager", "registry.example/kcm:v1.30.0", [], [$"--bind-address={bind}", $"--secure-port={_ports.ControllerManager}"]);
        StaticPodFile.Write(Manifests, "kube-scheduler", "registry.example/ks:v1.30.0", [], [$"--bind-address={bind}", $"--secure-port={_ports.Scheduler}"]);
    }

    // kubeadm has members compare their data before they serve; the flag has had another name since 3.6.
    private static string InitialCheck(string etcdVersion) =>
        Version.Parse(etcdVersion.Split('-')[0]) >= new Version(3, 6) ? "--feature-gates=InitialCorruptCheck=true" : "--experimental-initial-corrupt-check=true";
}
