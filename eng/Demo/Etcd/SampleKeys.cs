using System.Globalization;
using System.Text;

namespace K8sBackup.Demo.Etcd;

/// <summary>Keys and values shaped like those the API server writes: a prefix, a few names, then mostly binary text.</summary>
internal static class SampleKeys
{
    /// <summary>In every secret; must be found in no file the coordinator writes.</summary>
    public const string Canary = "CANARY-secret-value-of-the-demo";

    private static readonly string[] Kinds =
        ["pods", "configmaps", "secrets", "events", "serviceaccounts", "endpointslices/", "replicasets", "leases", "services/specs"];

    /// <summary>Fills etcd and gives the revision at which it was compacted half-way.</summary>
    public static async Task<long> FillAsync(EtcdGateway etcd, int count, int seed, CancellationToken cancellationToken)
    {
        Random random = new(seed);
        KeyValuePair<string, byte[]>[] pairs = [.. Enumerable.Range(0, count).Select(i => Pair(i, random))];
        long revision = 0;
        foreach (KeyValuePair<string, byte[]>[] batch in pairs.Chunk(EtcdGateway.TransactionOperationsMax))
        {
            revision = await etcd.PutAsync(batch, cancellationToken);
        }

        long compacted = revision;

        // Later changes leave old revisions behind, as in any cluster that lives; one of them is compacted away.
        for (int i = 0; i < 60; i++)
        {
            int first = random.Next(count);
            revision = await etcd.PutAsync(pairs.Skip(first).Take(10).Select(p => KeyValuePair.Create(p.Key, Value(p.Key, random))), cancellationToken);
        }

        for (int i = 0; i < 20; i++)
        {
            revision = await etcd.DeleteAsync(pairs[random.Next(count)].Key, cancellationToken);
        }

        await etcd.CompactAsync(compacted, cancellationToken);
        return compacted;
    }

    private static KeyValuePair<string, byte[]> Pair(int number, Random random)
    {
        string kind = Kinds[number % Kinds.Length].TrimEnd('/');
        string key = string.Create(CultureInfo.InvariantCulture, $"/registry/{kind}/namespace-{number % 23}/object-{number:00000}");
        return KeyValuePair.Create(key, Value(key, random));
    }

    /// <summary>"k8s\0", then what looks like protobuf: the names in the clear among random bytes. Secrets hold the canary.</summary>
    private static byte[] Value(string key, Random random)
    {
        byte[] body = new byte[random.Next(200, 1500)];
        random.NextBytes(body);
        string text = key.Contains("/secrets/", StringComparison.Ordinal) ? key + Canary : key;
        return [.. "k8s\0\n"u8, .. Encoding.UTF8.GetBytes(text), .. body];
    }
}
