using System.Globalization;

namespace K8sBackup.Etcd.Tests.Support;

/// <summary>Random changes from a seed: puts, deletes, transactions, leases, big values and compactions.</summary>
internal static class Workload
{
    private const int BigValueBytes = 300_000;

    public static async Task RunAsync(EtcdGateway etcd, int seed, int steps, bool compacts = true)
    {
        var random = new Random(seed);
        var lease = await etcd.GrantAsync(86400);
        for (var step = 0; step < steps; step++)
        {
            var dice = random.Next(100);
            if (dice < 60)
            {
                await etcd.PutAsync(Key(random), Value(random, random.Next(1, 3000)), dice < 10 ? lease : 0);
            }
            else if (dice < 75)
            {
                await etcd.DeleteAsync(Key(random));
            }
            else if (dice < 95)
            {
                var keys = Enumerable.Range(0, random.Next(1, 20)).Select(_ => Key(random)).Distinct().ToArray();
                await etcd.TxnAsync(keys.Select(key => (key, random.Next(4) == 0 ? null : Value(random, random.Next(500)))));
            }
            else if (dice < 97)
            {
                await etcd.PutAsync(Key(random), Value(random, BigValueBytes));
            }
            else if (compacts)
            {
                var revision = await etcd.RevisionAsync();
                await CompactAsync(etcd, revision - random.Next(0, 20));
            }
        }
    }

    private static async Task CompactAsync(EtcdGateway etcd, long revision)
    {
        try
        {
            await etcd.CompactAsync(revision, physical: true);
        }
        catch (InvalidOperationException error) when (error.Message.Contains("compacted", StringComparison.Ordinal))
        {
            // The random revision lies before an earlier compaction; nothing to do.
        }
    }

    private static string Key(Random random) =>
        string.Create(CultureInfo.InvariantCulture, $"/registry/things/ns-{random.Next(5)}/name-{random.Next(150)}");

    private static byte[] Value(Random random, int bytes)
    {
        var value = new byte[bytes];
        random.NextBytes(value);
        return value;
    }
}
