using System.Text;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.Model.Manifests;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Snapshots;

public sealed class EncryptionCensusTests
{
    [Fact]
    public async Task Verify_EncryptedValues_AreCountedByKeyWhileTheyLive()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        async Task PutAsync(string key, string value) => await etcd.PutAsync("/registry/secrets/default/" + key, Encoding.Latin1.GetBytes(value));
        await PutAsync("a", "k8s:enc:aescbc:v1:old:\x01\x02");
        await PutAsync("a", "k8s:enc:aescbc:v1:new:\x01\x02");
        await PutAsync("b", "k8s:enc:aescbc:v1:new:");
        await PutAsync("c", "k8s:enc:kms:v2:vault:\xff");
        await PutAsync("d", "k8s:enc:secretbox:v1:gone:");
        await etcd.DeleteAsync("/registry/secrets/default/d");
        await PutAsync("e", "k8s:enc:");
        await PutAsync("f", "k8s:enc:aesgcm:v1:na\x01me:x");
        await PutAsync("g", "plain");
        var path = temp["snapshot.db"];
        await server.EtcdctlAsync("snapshot", "save", path);

        var facts = SnapshotVerifier.Verify(path, DigestRule.Required, CancellationToken.None);

        Assert.Equal(
            [new EncryptionUse("", "", 2), new EncryptionUse("aescbc", "new", 2), new EncryptionUse("kms", "vault", 1)], facts.Encryption);
    }

    [Fact]
    public async Task Verify_MoreKeysThanAreNamed_DoNotPassForKnownOnes()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        for (var i = 0; i < 70; i++)
        {
            await etcd.PutAsync($"/registry/secrets/default/{i}", Encoding.ASCII.GetBytes($"k8s:enc:aescbc:v1:key{i}:x"));
        }

        var path = temp["snapshot.db"];
        await server.EtcdctlAsync("snapshot", "save", path);
        var facts = SnapshotVerifier.Verify(path, DigestRule.Required, CancellationToken.None);

        Assert.Equal((EncryptionUse.KeysMax, 70), (facts.Encryption.Count, facts.Encryption.Sum(use => use.Values)));
        Assert.Equal("", facts.Encryption[0].Provider);
    }
}
