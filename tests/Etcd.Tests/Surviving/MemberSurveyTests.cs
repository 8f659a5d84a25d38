using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Surviving;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Surviving;

public sealed class MemberSurveyTests
{
    [Fact]
    public async Task Read_MemberThatWasKilled_TellsItsLogAndItsDatabase()
    {
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        await Workload.RunAsync(etcd, seed: 61, steps: 150);
        var (revision, keys) = (await etcd.RevisionAsync(), await etcd.CountAsync());
        var status = await etcd.CallAsync("maintenance/status", new { });
        var running = MemberSurvey.Read(server.DataDirectory, null, CancellationToken.None);
        await server.StopAsync();

        var disk = MemberSurvey.Read(server.DataDirectory, null, CancellationToken.None);

        Assert.Equal((DataDirUse.DatabaseHeld, null), (running.Use, running.Database));
        Assert.Contains("running etcd", running.DatabaseProblem, StringComparison.Ordinal);
        Assert.Equal((DataDirUse.Free, "", ""), (disk.Use, disk.DatabaseProblem, disk.Wal.Damage));
        Assert.Equal((revision, keys), (disk.Database!.Revision, disk.Database.LiveKeys));
        Assert.Equal(ulong.Parse(status.GetProperty("header").GetProperty("member_id").GetString()!, null), disk.Wal.MemberId);
        Assert.Equal(ulong.Parse(status.GetProperty("header").GetProperty("cluster_id").GetString()!, null), disk.Wal.ClusterId);
        Assert.Equal(ulong.Parse(status.GetProperty("raftTerm").GetString()!, null), disk.Wal.Term);
        Assert.Equal(disk.Wal.MemberId, disk.Wal.Vote);
        Assert.InRange(disk.Wal.Commit, ulong.Parse(status.GetProperty("raftIndex").GetString()!, null), disk.Wal.LastIndex);
        Assert.InRange(disk.Database.ConsistentIndex!.Value, disk.Wal.Commit - 2, disk.Wal.Commit);
        using var copy = new MemoryStream();
        Assert.Equal(DataDirUse.Free, StoppedDatabase.Copy(server.DataDirectory, null, disk.Database.DatabaseBytes, copy, _ => { }, CancellationToken.None));
        var file = Path.Combine(server.WorkDirectory, "copy.db");
        File.WriteAllBytes(file, copy.ToArray());
        Assert.Equal(disk.Database.KeySpaceHash, SnapshotVerifier.Verify(file, DigestRule.Required, CancellationToken.None).KeySpaceHash);
        await server.StartAgainAsync();
        Assert.Equal(keys, await etcd.CountAsync());
        Assert.Equal(DataDirUse.DatabaseHeld, StoppedDatabase.Copy(server.DataDirectory, null, 1, copy, _ => { }, CancellationToken.None));
    }

    [Fact]
    public async Task Read_LogOfSeveralFiles_IsReadThroughAlsoWithoutItsBeginning()
    {
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        var value = new byte[1_400_000];
        for (var i = 0; i < 50; i++)
        {
            new Random(i).NextBytes(value);
            await etcd.PutAsync($"/big/{i % 3}", value);
        }

        await server.StopAsync();
        var whole = MemberSurvey.Read(server.DataDirectory, null, CancellationToken.None).Wal;
        Assert.Equal(("", true), (whole.Damage, whole.Files > 1));

        var wal = Path.Combine(server.DataDirectory, "member", "wal");
        var first = Directory.GetFiles(wal, "*.wal").Min(StringComparer.Ordinal)!;
        File.Move(first, Path.Combine(server.WorkDirectory, "away"));
        var later = MemberSurvey.Read(server.DataDirectory, null, CancellationToken.None).Wal;

        Assert.Equal(whole with { Files = later.Files }, later);
    }

    [Fact]
    public async Task Read_DamagedFiles_NamesTheDamageAndWhatStandsBeforeIt()
    {
        await using var server = await EtcdServer.StartAsync();
        using var etcd = new EtcdGateway(server.Endpoint);
        await Workload.RunAsync(etcd, seed: 62, steps: 40);
        await server.StopAsync();
        var sound = MemberSurvey.Read(server.DataDirectory, null, CancellationToken.None);
        var wal = Directory.GetFiles(Path.Combine(server.DataDirectory, "member", "wal"), "*.wal").Single();
        Flip(wal, 20_000);
        Flip(Path.Combine(server.DataDirectory, "member", "snap", "db"), 0, 2 * 4096);

        var disk = MemberSurvey.Read(server.DataDirectory, null, CancellationToken.None);

        Assert.Null(disk.Database);
        Assert.NotEqual("", disk.DatabaseProblem);
        Assert.NotEqual("", disk.Wal.Damage);
        Assert.InRange(disk.Wal.LastIndex, 1ul, sound.Wal.LastIndex - 1);
        Assert.Equal(sound.Wal.MemberId, disk.Wal.MemberId);
    }

    [Fact]
    public void Read_NothingThere_SaysSo()
    {
        using var temp = new TemporaryDirectory();

        var disk = MemberSurvey.Read(temp["none"], null, CancellationToken.None);

        Assert.Equal((DataDirUse.NoMember, 0L, null), (disk.Use, disk.DatabaseBytes, disk.Owner));
    }

    private static void Flip(string path, int offset, int length = 1)
    {
        var bytes = File.ReadAllBytes(path);
        for (var i = offset; i < offset + length; i++)
        {
            bytes[i] ^= 0xff;
        }

        File.WriteAllBytes(path, bytes);
    }
}
