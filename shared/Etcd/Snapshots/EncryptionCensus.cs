using System.Text;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Etcd.Snapshots;

/// <summary>
/// Counts the live values by the key they are encrypted with, as the API server writes it in front of them:
/// <c>k8s:enc:PROVIDER:VERSION:KEY:</c>. Nothing is decrypted.
/// </summary>
internal static class EncryptionCensus
{
    private const int WordBytesMax = 256;

    private static ReadOnlySpan<byte> Prefix => "k8s:enc:"u8;

    public static bool IsEncrypted(ReadOnlySpan<byte> value) => value.StartsWith(Prefix);

    public static IReadOnlyList<EncryptionUse> Take(BoltFile file, BoltBucket keyBucket, KeepSet keep, CancellationToken cancellationToken)
    {
        Dictionary<(string Provider, string Key), long> counts = [];
        var entries = new KeyBucketReader(file.OpenCursor(keyBucket), cancellationToken);
        while (entries.MoveNext())
        {
            if (keep.Contains(entries.Ordinal) && entries.Record.Value is var value && IsEncrypted(value))
            {
                var name = Name(value[Prefix.Length..]);

                // Where there are too many to name, those that are not named must not pass for known ones.
                name = counts.ContainsKey(name) || counts.Count < EncryptionUse.KeysMax - 1 ? name : ("", "");
                counts[name] = counts.GetValueOrDefault(name) + 1;
            }
        }

        return [.. counts.Select(count => new EncryptionUse(count.Key.Provider, count.Key.Key, count.Value))
            .OrderBy(use => use.Provider, StringComparer.Ordinal).ThenBy(use => use.Key, StringComparer.Ordinal)];
    }

    private static (string Provider, string Key) Name(ReadOnlySpan<byte> rest)
    {
        var provider = Word(ref rest);
        var version = Word(ref rest);
        var key = Word(ref rest);
        return provider.Length > 0 && version.Length > 0 && key.Length > 0 ? (provider, key) : ("", "");
    }

    private static string Word(ref ReadOnlySpan<byte> rest)
    {
        var colon = rest[..Math.Min(rest.Length, WordBytesMax)].IndexOf((byte)':');
        if (colon <= 0 || rest[..colon].ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return "";
        }

        var word = Encoding.ASCII.GetString(rest[..colon]);
        rest = rest[(colon + 1)..];
        return word;
    }
}
