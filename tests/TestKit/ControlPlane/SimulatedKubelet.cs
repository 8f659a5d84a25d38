using System.Collections.Concurrent;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.TestKit.ControlPlane;

/// <summary>
/// Does on a <see cref="SimulatedNode"/> what a kubelet does with static pods: starts the real etcd, and stand-ins for the
/// rest, for each manifest that is there, starts again what died, and ends (SIGTERM) what has no manifest any more.
/// </summary>
public sealed class SimulatedKubelet : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Restart = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    private readonly SimulatedNode _node;
    private readonly TimeProvider _clock;
    private readonly Action<SimulatedNode, string> _starting;
    private readonly ConcurrentDictionary<string, ChildProcess> _pods = new(StringComparer.Ordinal);
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
        _pods[manifest] = manifest == SimulatedNode.EtcdManifest ? StartEtcd(words) : StartStandIn(words);
    }

    private ChildProcess StartEtcd(string[] flags) => ChildProcess.Start(
        "/usr/bin/etcd", [.. flags.Select(flag => flag.StartsWith("--data-dir=", StringComparison.Ordinal) ? $"--data-dir={_node.Data}" : flag), "--unsafe-no-fsync", "--heartbeat-interval=200", "--election-timeout=2000"]);

    // Answers every request with 200 over TLS, as /readyz of an API server that is ready.
    private ChildProcess StartStandIn(string[] flags) => ChildProcess.Start(
        "python3", ["-c", StandIn.Program, Value(flags, "--bind-address"), Value(flags, "--secure-port"), StandIn.CertificateFor(_node.Root)]);

    private async Task EndAsync(string manifest)
    {
        if (_pods.TryRemove(manifest, out ChildProcess? pod))
        {
            await using (pod)
            {
                pod.Terminate();
                await pod.WaitForExitAsync(StopTimeout);
            }
        }
    }

    private static string Value(string[] flags, string name) => flags.Single(flag => flag.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
}
