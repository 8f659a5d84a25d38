using System.Buffers.Binary;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.DataDir;

public sealed class WalFileReaderTests
{
    [Fact]
    public async Task MoveNext_LogOfARealServer_HoldsEveryPut()
    {
        await using var server = await EtcdServer.StartAsync();
        using (var etcd = new EtcdGateway(server.Endpoint))
        {
            for (byte i = 0; i < 50; i++)
            {
                await etcd.PutAsync($"/wal/{i:d2}", [i]);
            }
        }

        await server.StopAsync();
        var found = new HashSet<string>();
        var crc = 0u;
        foreach (var path in Directory.GetFiles(Path.Combine(server.DataDirectory, "member", "wal"), "*.wal").Order(StringComparer.Ordinal))
        {
            using var wal = WalFileReader.Open(path, crc);
            while (wal.MoveNext())
            {
                var at = wal.Data.Span.IndexOf("/wal/"u8);
                if (wal.Type == WalRecordType.Entry && at >= 0)
                {
                    found.Add(System.Text.Encoding.ASCII.GetString(wal.Data.Span.Slice(at, 7)));
                }
            }

            crc = wal.RunningCrc;
        }

        Assert.Equal(50, found.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Read_RandomDamage_OnlyTypedErrors(int seed)
    {
        using var temp = new TemporaryDirectory();
        var random = new Random(seed);
        var built = new DataDirBuilder().Build(
            RestoreFixture.Request(SampleDatabase.Write(temp["db"]), temp["stage"]) with { Digest = DigestRule.Absent },
            CancellationToken.None);
        var path = Directory.GetFiles(built.WalDirectory).Single();
        var good = File.ReadAllBytes(path).AsSpan(0, 1024).ToArray();
        var failed = 0;
        for (var round = 0; round < 500; round++)
        {
            var bad = (byte[])good.Clone();
            if (round % 2 == 0)
            {
                random.NextBytes(bad.AsSpan(random.Next(0, 300), random.Next(1, 20)));
            }
            else
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bad.AsSpan(8 * random.Next(0, 40)), (ulong)random.NextInt64());
            }

            File.WriteAllBytes(path, bad[..random.Next(1, bad.Length)]);
            failed += Record.Exception(() => WalContents.Read(path)) switch
            {
                null => 0,
                DataDirException => 1,
                var other => throw other,
            };
        }

        Assert.True(failed > 100);
    }

    [Theory]
    [InlineData(3)]
    public void ReadSnap_RandomDamage_OnlyTypedErrors(int seed)
    {
        using var temp = new TemporaryDirectory();
        var random = new Random(seed);
        var built = new DataDirBuilder().Build(
            RestoreFixture.Request(SampleDatabase.Write(temp["db"]), temp["stage"]) with { Digest = DigestRule.Absent },
            CancellationToken.None);
        var path = Directory.GetFiles(Path.Combine(built.MemberDirectory, "snap"), "*.snap").Single();
        var good = File.ReadAllBytes(path);
        for (var round = 0; round < 300; round++)
        {
            var bad = (byte[])good.Clone();
            bad[random.Next(bad.Length)] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(path, bad);
            Assert.Throws<DataDirException>(() => SnapContents.Read(path));
        }
    }
}
