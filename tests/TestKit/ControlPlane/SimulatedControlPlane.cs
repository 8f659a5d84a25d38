using System.Collections.Concurrent;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.TestKit.ControlPlane;

/// <summary>
/// Nodes with their kubelets, and an eye on what must never be: an etcd that begins an empty cluster, and an API server
/// that runs while the etcds that run are not all of one cluster.
/// </summary>
public sealed class SimulatedControlPlane : IAsyncDisposable
{
    private const int HeadBytes = 64;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly TimeProvider _clock;
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentDictionary<string, string> _formerMember = new(StringComparer.Ordinal);
    private readonly List<SimulatedKubelet> _kubelets = [];

    private SimulatedControlPlane(IReadOnlyList<SimulatedNode> nodes, TimeProvider clock) => (Nodes, _clock) = (nodes, clock);

    public IReadOnlyList<SimulatedNode> Nodes { get; }

    public IReadOnlyList<SimulatedKubelet> Kubelets => _kubelets;

    /// <summary>What was seen that must never be.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>Lays out the nodes in a directory, starts all kubelets and waits until etcd serves on every node.</summary>
    public static async Task<SimulatedControlPlane> StartAsync(string directory, SimulatedPlaneOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        SimulatedControlPlane plane = new(SimulatedNode.Create(directory, options, await EtcdPrograms.VersionAsync(options.EtcdProgram)), clock);
        try
        {
            plane._kubelets.AddRange(plane.Nodes.Select(node => new SimulatedKubelet(node, clock, plane.Watch)));
            await plane.WaitForEtcdAsync();
            foreach (SimulatedNode node in plane.Nodes)
            {
                plane._formerMember[node.Name] = IdentityOf(node);
            }

            return plane;
        }
        catch
        {
            await plane.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every member answers a read that needs a quorum.</summary>
    public async Task WaitForEtcdAsync()
    {
        long begin = _clock.GetTimestamp();
        foreach (SimulatedNode node in Nodes)
        {
            while ((await TryEtcdctlAsync(node, "get", "nothing")).ExitCode != 0)
            {
                if (_clock.GetElapsedTime(begin) > StartTimeout)
                {
                    throw new TimeoutException($"etcd does not serve on {node.Name}.\n{string.Join("\n--\n", _kubelets.Select(k => k.OutputOf(SimulatedNode.EtcdManifest)))}");
                }

                await Task.Delay(Poll, _clock, CancellationToken.None);
            }
        }
    }

    /// <summary>True when the node's data is not what it was when everything started.</summary>
    public bool IsRestored(SimulatedNode node) => _formerMember.TryGetValue(node.Name, out string? former) && former != IdentityOf(node);

    /// <summary>Runs etcdctl against one member; throws when it fails.</summary>
    public static async Task<string> EtcdctlAsync(SimulatedNode node, params string[] arguments)
    {
        ProcessResult result = await TryEtcdctlAsync(node, arguments);
        return result.ExitCode == 0 ? result.StandardOutput : throw new InvalidOperationException($"etcdctl {string.Join(' ', arguments)}: {result.StandardError}");
    }

    public static Task<ProcessResult> TryEtcdctlAsync(SimulatedNode node, params string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(node);
        (string program, string[] words) = node.Inside("etcdctl", [.. node.ClientOptions(), "--command-timeout=5s", .. arguments]);
        return ChildProcess.RunAsync(program, words, TimeSpan.FromSeconds(60), new Dictionary<string, string?> { ["ETCDCTL_API"] = "3" });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SimulatedKubelet kubelet in _kubelets)
        {
            await kubelet.DisposeAsync();
        }
    }

    private void Watch(SimulatedNode node, string manifest)
    {
        bool begun = !_formerMember.IsEmpty;
        if (manifest == SimulatedNode.EtcdManifest && begun && !File.Exists(Path.Combine(node.Member, "snap", "db")) && !JoinsACluster(node))
        {
            _violations.Enqueue($"etcd starts on {node.Name} without data");
        }

        if (manifest == SimulatedNode.ApiServerManifest && begun)
        {
            bool[] generations = [.. Nodes.Where((each, i) => _kubelets[i].Runs(SimulatedNode.EtcdManifest)).Select(IsRestored).Distinct()];
            if (generations.Length > 1)
            {
                _violations.Enqueue($"the API server of {node.Name} starts while etcds of two clusters run");
            }
        }
    }

    private static bool JoinsACluster(SimulatedNode node) =>
        File.ReadAllText(Path.Combine(node.Manifests, SimulatedNode.EtcdManifest)).Contains("--initial-cluster-state=existing", StringComparison.Ordinal);

    // The head of the first WAL file names member and cluster.
    private static string IdentityOf(SimulatedNode node)
    {
        string first = Path.Combine(node.Wal, "0000000000000000-0000000000000000.wal");
        try
        {
            using FileStream wal = new(first, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] head = new byte[HeadBytes];
            wal.ReadExactly(head);
            return Convert.ToHexString(head);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "none";
        }
    }
}
