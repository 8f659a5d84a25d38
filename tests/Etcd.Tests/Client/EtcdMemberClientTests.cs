using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Certificates;

namespace K8sBackup.Etcd.Tests.Client;

/// <summary>Against a real etcd.</summary>
public sealed class EtcdMemberClientTests
{
    [Fact]
    public async Task Snapshot_RealMember_VerifiesAndHashEqualsTheMembersAnswer()
    {
        using var temp = new TemporaryDirectory();
        await using var server = await EtcdServer.StartAsync();
        using (var gateway = new EtcdGateway(server.Endpoint))
        {
            await Workload.RunAsync(gateway, seed: 51, steps: 300);
        }

        using var client = Connect(server.Endpoint);
        var path = temp["spool"];
        await using var spool = new FileStream(path, FileMode.CreateNew);
        File.Delete(path);
        var downloaded = await client.SnapshotAsync(spool, long.MaxValue, CancellationToken.None);
        await spool.FlushAsync();
        var unlinked = $"/proc/self/fd/{spool.SafeFileHandle.DangerousGetHandle()}";

        var facts = SnapshotVerifier.Verify(unlinked, DigestRule.Required, CancellationToken.None);
        Assert.Equal(downloaded.Sha256, facts.Sha256);
        Assert.Equal(downloaded.FileBytes, facts.FileBytes);
        var answer = await client.HashKvAsync(facts.Revision, CancellationToken.None);
        Assert.Equal((facts.KeySpaceHash, facts.Revision, facts.CompactRevision), (answer.Hash, answer.Revision, answer.CompactRevision));
        Assert.Equal(facts.LiveKeys, await client.CountKeysAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Status_RealMember_TellsAboutItself()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { Name = "the-member" });
        using var client = Connect(server.Endpoint);

        var status = await client.StatusAsync(CancellationToken.None);
        var member = Assert.Single(await client.MemberListAsync(linearizable: true, CancellationToken.None));

        Assert.Equal("3.4.23", status.Version);
        Assert.Equal(EtcdVersion.V34, status.DataVersion);
        Assert.True(status.IsLeader);
        Assert.False(status.IsLearner);
        Assert.False(status.IsCorrupt);
        Assert.NotEqual(0UL, status.ClusterId);
        Assert.True(status.DatabaseBytes > 0);
        Assert.Equal((status.MemberId, "the-member"), (member.Id, member.Name));
        Assert.Equal([server.PeerEndpoint.GetLeftPart(UriPartial.Authority)], member.PeerUrls);
        Assert.Empty(await client.AlarmsAsync(CancellationToken.None));
        await client.DefragmentAsync(CancellationToken.None);
    }

    [Fact]
    public async Task HashKv_CompactedAndFutureRevision_AreToldApart()
    {
        await using var server = await EtcdServer.StartAsync();
        using var client = Connect(server.Endpoint);
        using (var gateway = new EtcdGateway(server.Endpoint))
        {
            for (byte i = 0; i < 5; i++)
            {
                await gateway.PutAsync("/k", [i]);
            }
        }

        await client.CompactAsync(4, physical: true, CancellationToken.None);

        var compacted = await Assert.ThrowsAsync<EtcdCallException>(() => client.HashKvAsync(3, CancellationToken.None));
        var future = await Assert.ThrowsAsync<EtcdCallException>(() => client.HashKvAsync(99, CancellationToken.None));
        Assert.Equal(EtcdCallError.Compacted, compacted.Error);
        Assert.Equal(EtcdCallError.FutureRevision, future.Error);
    }

    [Fact]
    public async Task Alarms_NoSpace_IsListed()
    {
        await using var server = await EtcdServer.StartAsync();
        using var client = Connect(server.Endpoint);
        var id = (await client.StatusAsync(CancellationToken.None)).MemberId;
        using (var gateway = new EtcdGateway(server.Endpoint))
        {
            await gateway.CallAsync("maintenance/alarm", new { action = "ACTIVATE", memberID = id.ToString(System.Globalization.CultureInfo.InvariantCulture), alarm = "NOSPACE" });
        }

        Assert.Equal([new EtcdAlarmFact(id, EtcdAlarmKind.NoSpace)], await client.AlarmsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Create_MutualTls_OnlyTheAuthoritysCertificatesPass()
    {
        using var authority = TestCertificateAuthority.Create();
        using var stranger = TestCertificateAuthority.Create("stranger");
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { Authority = authority });
        var good = new EtcdEndpoint
        {
            Address = server.Endpoint,
            AuthorityFile = server.AuthorityPath,
            CertificateFile = server.ClientFiles!.CertificatePath,
            KeyFile = server.ClientFiles.KeyPath,
        };
        using (var client = EtcdMemberClient.Create(good, new EtcdClientOptions(), TimeProvider.System))
        {
            Assert.True((await client.StatusAsync(CancellationToken.None)).IsLeader);
        }

        using (var client = EtcdMemberClient.Create(good with { AuthorityFile = stranger.WriteCertificate(server.WorkDirectory, "stranger") }, new EtcdClientOptions(), TimeProvider.System))
        {
            var error = await Assert.ThrowsAsync<EtcdCallException>(() => client.StatusAsync(CancellationToken.None));
            Assert.Equal(EtcdCallError.Unauthenticated, error.Error);
            var snapshot = await Assert.ThrowsAsync<EtcdSnapshotException>(() => client.SnapshotAsync(Stream.Null, 1 << 30, CancellationToken.None));
            Assert.Equal(EtcdSnapshotError.Unauthenticated, snapshot.Error);
        }

        using (var client = EtcdMemberClient.Create(good with { CertificateFile = null, KeyFile = null }, new EtcdClientOptions(), TimeProvider.System))
        {
            await Assert.ThrowsAsync<EtcdCallException>(() => client.StatusAsync(CancellationToken.None));
        }
    }

    [Fact]
    public async Task Status_NobodyListens_IsUnavailable()
    {
        using var client = Connect(new Uri("http://127.0.0.1:1"));

        var error = await Assert.ThrowsAsync<EtcdCallException>(() => client.StatusAsync(CancellationToken.None));

        Assert.Equal(EtcdCallError.Unavailable, error.Error);
        Assert.False(error.IsPermanent);
    }

    [Fact]
    public async Task Status_FrozenMember_MeetsTheDeadline()
    {
        await using var server = await EtcdServer.StartAsync();
        EtcdEndpoint endpoint = new() { Address = server.Endpoint };
        using (var first = EtcdMemberClient.Create(endpoint, new EtcdClientOptions(), TimeProvider.System))
        {
            // Before it there is nothing compiled, and a call may take long.
            await first.StatusAsync(CancellationToken.None);
        }

        using var client = EtcdMemberClient.Create(endpoint, new EtcdClientOptions { CallTimeout = TimeSpan.FromSeconds(2) }, TimeProvider.System);
        await client.StatusAsync(CancellationToken.None);
        server.Process.Freeze();

        var error = await Assert.ThrowsAsync<EtcdCallException>(() => client.StatusAsync(CancellationToken.None));
        server.Process.Thaw();

        Assert.Equal(EtcdCallError.DeadlineExceeded, error.Error);
    }

    [Fact]
    public async Task Snapshot_MemberKilledMeanwhile_FailsTyped()
    {
        await using var server = await EtcdServer.StartAsync();
        using (var gateway = new EtcdGateway(server.Endpoint))
        {
            for (var i = 0; i < 40; i++)
            {
                await gateway.PutAsync($"/big-{i}", new byte[1_000_000]);
            }
        }

        using var client = Connect(server.Endpoint);
        await using var spool = new KillingStream(server);

        var error = await Assert.ThrowsAsync<EtcdSnapshotException>(() => client.SnapshotAsync(spool, long.MaxValue, CancellationToken.None));

        Assert.Contains(error.Error, (EtcdSnapshotError[])[EtcdSnapshotError.Unavailable, EtcdSnapshotError.Refused, EtcdSnapshotError.StreamEndedEarly]);
    }

    private static EtcdMemberClient Connect(Uri address) =>
        EtcdMemberClient.Create(new EtcdEndpoint { Address = address }, new EtcdClientOptions(), TimeProvider.System);

    // Kills the member once some bytes came.
    private sealed class KillingStream(EtcdServer server) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await base.WriteAsync(buffer, cancellationToken);
            if (Length > 1_000_000 && !server.Process.HasExited)
            {
                server.Process.Kill();
                await server.Process.WaitForExitAsync(TimeSpan.FromMinutes(1));
            }
        }
    }
}
