using K8sBackup.Etcd.Booting;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Booting;

/// <summary>A snapshot of a random workload, and the etcd of this machine.</summary>
public sealed class BootFixture : IAsyncLifetime
{
    private readonly TemporaryDirectory _temp = new();

    public string Snapshot => _temp["snapshot.db"];

    public EtcdBinary Binary { get; private set; } = null!;

    public long Keys { get; private set; }

    /// <summary>Bytes of a live value, found once in the snapshot's key space.</summary>
    public byte[] Needle { get; } = "a value that a single bit makes another"u8.ToArray();

    public async Task InitializeAsync()
    {
        Binary = await EtcdBinary.ProbeAsync("/usr/bin/etcd", "test", TimeProvider.System, CancellationToken.None);
        await using var source = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(source.Endpoint);
        await Workload.RunAsync(etcd, seed: 51, steps: 300);
        await etcd.PutAsync("/needle", Needle);
        Keys = await etcd.CountAsync();
        await source.EtcdctlAsync("snapshot", "save", Snapshot);
    }

    public Task DisposeAsync()
    {
        _temp.Dispose();
        return Task.CompletedTask;
    }

    internal BootTestRequest Request(string scratch) => new()
    {
        Binary = Binary,
        DataDir = RestoreFixture.Request(Snapshot, "replaced"),
        ScratchDirectory = scratch,
    };
}
