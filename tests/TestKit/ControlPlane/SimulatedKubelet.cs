using System.Collections.Concurrent;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.TestKit.ControlPlane;

/// <summary>
/// Does on a <see cref="SimulatedNode"/> what a kubelet does with static pods: starts the real etcd, and stand-ins for the
/// rest, for each manifest that is there, starts again what died, and ends what has no manifest
/// any more: SIGTERM, and SIGKILL after a short while.
/// </summary>
public sealed class SimulatedKubelet : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Restart = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    // An etcd with TLS waits nine seconds for connections that nobody ends; nothing here is better for waiting with it.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly SimulatedNode _node;
    private readonly TimeProvider _clock;
    private readonly Action<SimulatedNode, string> _starting;
    private readonly ConcurrentDictionary<string, ChildProcess> _pods = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _starts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _startedAt = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <param name="node">The node.</param>
    /// <param name="clock">For the pauses between looks.</param>
    /// <param name="starting">Called with node and manifest before each start.</param>
    public SimulatedKubelet(SimulatedNode node, TimeProvider clock, Action<SimulatedNode, string> starting)
    {
        _node = node;
        _clock = clock;
        _starting = starting;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Manifests that are not run although they are there, as when an image cannot be pulled.</summary>
    public ConcurrentDictionary<string, bool> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>Pods that are not ended although their manifest is gone.</summary>
    public ConcurrentDictionary<string, bool> Stubborn { get; } = new(StringComparer.Ordinal);

    /// <summary>How often a pod was started.</summary>
    public int StartsOf(string manifest) => _starts.GetValueOrDefault(manifest);

    public bool Runs(string manifest) => _pods.TryGetValue(manifest, out ChildProcess? pod) && !pod.HasExited;

    /// <summary>What a pod printed, for failure messages.</summary>
    public string OutputOf(string manifest) => _pods.TryGetValue(manifest, out ChildProcess? pod) ? pod.Output : "";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        foreach (ChildProcess pod in _pods.Values)
        {
            await pod.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            HashSet<string> wanted = [.. Directory.EnumerateFiles(_node.Manifests, "*.yaml").Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.'))];
            foreach (string manifest in _pods.Keys.Where(name => !wanted.Contains(name) && !Stubborn.ContainsKey(name)).ToArray())
            {
                await EndAsync(manifest);
            }

            foreach (string manifest in wanted.Where(MayStart))
            {
                await StartAsync(manifest);
            }

            await Task.Delay(Interval, _clock, CancellationToken.None);
        }
    }

    private bool MayStart(string manifest) =>
        !Runs(manifest) && !Refused.ContainsKey(manifest) && (!_startedAt.TryGetValue(manifest, out long last) || _clock.GetElapsedTime(last) >= Restart);

    private async Task StartAsync(string manifest)
    {
        string[] words;
        try
        {
            words = [.. File.ReadAllLines(Path.Combine(_node.Manifests, manifest)).Select(line => line.Trim()).Where(line => line.StartsWith("- --", StringComparison.Ordinal)).Select(line => line[2..])];
        }
        catch (FileNotFoundException)
        {
            return;
        }

        if (_pods.TryRemove(manifest, out ChildProcess? dead))
        {
            await dead.DisposeAsync();
        }

        _starting(_node, manifest);
        _startedAt[manifest] = _clock.GetTimestamp();
        _starts.AddOrUpdate(manifest, 1, (_, count) => count + 1);
        _pods[manifest] = manifest == SimulatedNode.EtcdManifest ? StartEtcd(words) : StartStandIn(words);
    }

    private ChildProcess StartEtcd(string[] flags) =>
        Start(_node.EtcdProgram, [.. flags.Select(OnThisMachine), "--unsafe-no-fsync", "--heartbeat-interval=200", "--election-timeout=2000"]);

    // Answers every request with 200 over TLS, as /readyz of an API server that is ready.
    private ChildProcess StartStandIn(string[] flags) =>
        Start("python3", "-c", StandIn.Program, Value(flags, "--bind-address"), Value(flags, "--secure-port"), StandIn.CertificateFor(_node.Root));

    private ChildProcess Start(string program, params string[] arguments)
    {
        (string started, string[] words) = _node.Inside(program, arguments);
        return ChildProcess.Start(started, words);
    }

    // In its container a pod sees the host's directories where they are on the host; here they are below the node's root.
    private string OnThisMachine(string flag) =>
        flag.IndexOf("=/", StringComparison.Ordinal) is var equals and > 0 ? $"{flag[..equals]}={_node.AtHost(flag[(equals + 1)..])}" : flag;

    private async Task EndAsync(string manifest)
    {
        if (_pods.TryRemove(manifest, out ChildProcess? pod))
        {
            await using (pod)
            {
                pod.Terminate();
                long begin = _clock.GetTimestamp();
                while (!pod.HasExited && _clock.GetElapsedTime(begin) < Grace)
                {
                    await Task.Delay(Interval, _clock, CancellationToken.None);
                }

                pod.Kill();
                await pod.WaitForExitAsync(StopTimeout);
            }
        }
    }

    private static string Value(string[] flags, string name) => flags.Single(flag => flag.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
}
