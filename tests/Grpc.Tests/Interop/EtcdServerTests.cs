using K8sBackup.TestKit;
using K8sBackup.TestKit.Certificates;

namespace K8sBackup.Grpc.Tests.Interop;

public sealed class EtcdServerTests
{
    [Fact]
    public async Task RestartAsync_ServerWithTls_KeepsDataAndAddress()
    {
        using var authority = TestCertificateAuthority.Create();
        await using var etcd = await EtcdServer.StartAsync(new EtcdServerOptions { Authority = authority });
        await etcd.EtcdctlAsync("put", "k", "v");

        await etcd.RestartAsync();

        Assert.Equal("k\nv\n", await etcd.EtcdctlAsync("get", "k"));
    }

    [Fact]
    public async Task KillAsync_RunningServer_EndsItAndStartsAgain()
    {
        await using var etcd = await EtcdServer.StartAsync();
        await etcd.EtcdctlAsync("put", "k", "v");
        await etcd.KillAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => etcd.EtcdctlAsync("get", "k", "--dial-timeout=200ms", "--command-timeout=300ms"));

        await etcd.StartAgainAsync();

        Assert.Equal("k\nv\n", await etcd.EtcdctlAsync("get", "k"));
    }
}
