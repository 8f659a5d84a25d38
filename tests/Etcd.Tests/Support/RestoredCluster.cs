using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Support;

/// <summary>Real members on data-dirs built here.</summary>
internal sealed class RestoredCluster : IAsyncDisposable
{
    private RestoredCluster(BuiltDataDir[] built, EtcdServer[] members)
    {
        Built = built;
        Members = members;
    }

    public IReadOnlyList<BuiltDataDir> Built { get; }

    public IReadOnlyList<EtcdServer> Members { get; }

    public static async Task<RestoredCluster> StartAsync(string snapshot, string program, int count, TemporaryDirectory temp)
    {
        InitialMember[] members = [.. FreePorts.Take(count).Select((port, i) => new InitialMember($"n{i}", [$"http://127.0.0.1:{port}"]))];
        var words = (await EtcdServer.VersionAsync(program)).Split(' ');
        Assert.True(EtcdVersion.TryParse(words[^1], out var version));
        BuiltDataDir[] built = [.. members.Select(member => new DataDirBuilder().Build(
            RestoreFixture.Request(snapshot, temp[member.Name], members) with { MemberName = member.Name, TargetVersion = version }, CancellationToken.None))];
        var servers = await Task.WhenAll(members.Select(member => EtcdServer.StartAsync(new EtcdServerOptions
        {
            Name = member.Name,
            Program = program,
            DataDirectory = temp[member.Name],
            ExtraArguments = ["--listen-peer-urls", member.PeerUrls[0], "--initial-advertise-peer-urls", member.PeerUrls[0], "--initial-cluster", $"{member.Name}={member.PeerUrls[0]}"],
        })));
        return new RestoredCluster(built, servers);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members)
        {
            await member.DisposeAsync();
        }
    }
}
