namespace K8sBackup.TestKit;

/// <summary>Several real etcd members on loopback that form one cluster; stopped on dispose.</summary>
public sealed class EtcdCluster : IAsyncDisposable
{
    private EtcdCluster(EtcdServer[] members)
    {
        Members = members;
    }

    /// <summary>The members, named m1, m2 and so on.</summary>
    public IReadOnlyList<EtcdServer> Members { get; }

    /// <summary>Starts a cluster and waits until every member is healthy.</summary>
    /// <param name="count">Members.</param>
    /// <param name="program">The etcd program; Debian's by default.</param>
    public static async Task<EtcdCluster> StartAsync(int count = 3, string program = "/usr/bin/etcd")
    {
        var peers = FreePorts.Take(count).Select(port => $"http://127.0.0.1:{port}").ToArray();
        var cluster = string.Join(',', peers.Select((peer, i) => $"m{i + 1}={peer}"));
        var starting = peers.Select((peer, i) => EtcdServer.StartAsync(new EtcdServerOptions
        {
            Name = $"m{i + 1}",
            Program = program,
            ExtraArguments = ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", cluster],
        })).ToArray();
        try
        {
            return new EtcdCluster(await Task.WhenAll(starting));
        }
        catch
        {
            foreach (var started in starting.Where(task => task.IsCompletedSuccessfully))
            {
                await started.Result.DisposeAsync();
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members)
        {
            await member.DisposeAsync();
        }
    }
}
