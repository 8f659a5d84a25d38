using System.Globalization;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.TestKit.ControlPlane;

/// <summary>
/// A network for simulated nodes: a bridge, and for each node a network namespace on it, so that every node has its own
/// 127.0.0.1 and the usual ports. Needs root. It is removed on dispose; what a killed test left behind is removed by the
/// next one that gets its number.
/// </summary>
public sealed class NodeNetwork : IAsyncDisposable
{
    private const string Namespaces = "/run/netns";
    private const int NumbersMax = 250;

    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(60);

    // Locked as long as the network is in use: the lock ends with the process, however that ends.
    private readonly FileStream _claim;
    private readonly int _number;
    private readonly int _nodes;

    private NodeNetwork(FileStream claim, int number, int nodes) => (_claim, _number, _nodes) = (claim, number, nodes);

    /// <summary>This machine's address on the bridge; nodes reach it.</summary>
    public string HostAddress => Address(1);

    private string Bridge => string.Create(CultureInfo.InvariantCulture, $"kbt{_number}");

    /// <summary>Makes a network for so many nodes.</summary>
    public static async Task<NodeNetwork> CreateAsync(int nodes)
    {
        (FileStream claim, int number) = Claim();
        NodeNetwork network = new(claim, number, nodes);
        try
        {
            await network.RemoveAsync();
            await network.BuildAsync();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Name of the namespace of node 1, 2, ...; unique on this machine while the network is there.</summary>
    public string NamespaceOf(int node) => string.Create(CultureInfo.InvariantCulture, $"{Bridge}-cp-{node}");

    /// <summary>Address of node 1, 2, ... for the others.</summary>
    public string AddressOf(int node) => Address(10 + node);

    /// <summary>The command line that runs a program in a namespace, as a process of the same id.</summary>
    public static (string Program, string[] Arguments) Enter(string networkNamespace, string program, IEnumerable<string> arguments) =>
        ("nsenter", [$"--net={Namespaces}/{networkNamespace}", program, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        await RemoveAsync();
        await _claim.DisposeAsync();
    }

    private static (FileStream Claim, int Number) Claim()
    {
        for (int number = 0; number < NumbersMax; number++)
        {
            try
            {
                return (new FileStream(Path.Combine(Path.GetTempPath(), $"k8sbackup-test-network-{number}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), number);
            }
            catch (IOException)
            {
                // Another test has it.
            }
        }

        throw new InvalidOperationException($"{NumbersMax} test networks are in use.");
    }

    private static async Task IpAsync(params string[] arguments)
    {
        ProcessResult result = await ChildProcess.RunAsync("ip", arguments, CommandTimeout);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {result.StandardError.Trim()} (network namespaces need root)");
        }
    }

    // Addresses for measurements (RFC 2544), which no real network has.
    private string Address(int host) => string.Create(CultureInfo.InvariantCulture, $"198.18.{_number}.{host}");

    private async Task BuildAsync()
    {
        await IpAsync("link", "add", Bridge, "type", "bridge");
        await IpAsync("address", "add", $"{HostAddress}/24", "dev", Bridge);
        await IpAsync("link", "set", Bridge, "up");
        for (int node = 1; node <= _nodes; node++)
        {
            string name = NamespaceOf(node), cable = string.Create(CultureInfo.InvariantCulture, $"{Bridge}v{node}");
            await IpAsync("netns", "add", name);
            await IpAsync("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name);
            await IpAsync("link", "set", cable, "master", Bridge, "up");
            await IpAsync("-n", name, "link", "set", "lo", "up");
            await IpAsync("-n", name, "address", "add", $"{AddressOf(node)}/24", "dev", "eth0");
            await IpAsync("-n", name, "link", "set", "eth0", "up");
        }
    }

    // The cables go with the namespaces. Processes a killed test left in one would keep its ports and data.
    private async Task RemoveAsync()
    {
        string[] names = Directory.Exists(Namespaces) ? [.. Directory.GetFiles(Namespaces, $"{Bridge}-cp-*").Select(path => Path.GetFileName(path))] : [];
        foreach (string name in names)
        {
            ProcessResult inside = await ChildProcess.RunAsync("ip", ["netns", "pids", name], CommandTimeout);
            string[] processes = inside.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (processes.Length > 0)
            {
                await ChildProcess.RunAsync("kill", ["-KILL", .. processes], CommandTimeout);
            }

            await IpAsync("netns", "delete", name);
        }

        if (Directory.Exists($"/sys/class/net/{Bridge}"))
        {
            await IpAsync("link", "delete", Bridge);
        }
    }
}
