using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Wire;

namespace K8sBackup.Etcd.Booting;

/// <summary>Compares what a started server answers with what was predicted from the snapshot.</summary>
internal sealed class BootProof
{
    private readonly EtcdMemberClient _client;
    private readonly BuiltDataDir _built;
    private readonly KeySample _sample;
    private readonly Func<string> _serverLog;

    public BootProof(EtcdMemberClient client, BuiltDataDir built, KeySample sample, Func<string> serverLog)
    {
        _client = client;
        _built = built;
        _sample = sample;
        _serverLog = serverLog;
    }

    /// <summary>Hash, identity, alarms, and the count of keys. Returns the server's version and that count.</summary>
    public async Task<(string Version, long Keys)> CompareAsync(CancellationToken cancellationToken)
    {
        // First, because the end of a lease would change the newest revision.
        await CompareHashAsync(cancellationToken).ConfigureAwait(false);
        var status = await _client.StatusAsync(cancellationToken).ConfigureAwait(false);
        Require(BootTestFault.IdentityDiffers, "cluster id", Hex(_built.ClusterId), Hex(status.ClusterId));
        Require(BootTestFault.IdentityDiffers, "member id", Hex(_built.MemberId), Hex(status.MemberId));
        var alarms = await _client.AlarmsAsync(cancellationToken).ConfigureAwait(false);
        Require(BootTestFault.AlarmRaised, "alarms", "", string.Join(' ', alarms.Select(alarm => alarm.Kind)));
        var everything = ByteString.CopyFrom(0);
        var answer = await _client.RangeAsync(
            new RangeRequest { Key = everything, RangeEnd = everything, CountOnly = true, Revision = _built.RevisionAfter }, cancellationToken).ConfigureAwait(false);
        Require(BootTestFault.KeyCountDiffers, "number of keys", _built.LiveKeys - (_sample.HasPlaceholder ? 1 : 0), answer.Count);
        return (status.Version, answer.Count);
    }

    /// <summary>Reads each chosen key and compares all of it; returns how many.</summary>
    public async Task<int> ReadAsync(CancellationToken cancellationToken)
    {
        foreach (var expected in _sample.Keys)
        {
            var request = new RangeRequest { Key = ByteString.CopyFrom(expected.Key), Revision = _built.RevisionAfter };
            var answer = await _client.RangeAsync(request, cancellationToken).ConfigureAwait(false);
            var read = answer.Kvs.Count == 0 ? SampledKey.Deleted(expected.Key) : ToSample(expected.Key, answer.Kvs[0]);
            Require(BootTestFault.ObjectDiffers, $"key '{Name(expected.Key)}'", Describe(expected), Describe(read));
        }

        return _sample.Keys.Count;
    }

    private async Task CompareHashAsync(CancellationToken cancellationToken)
    {
        var answer = await _client.HashKvAsync(0, cancellationToken).ConfigureAwait(false);
        if (answer.Revision > _built.RevisionAfter)
        {
            // A lease ended since the start. Servers up to 3.5 refuse this where the revision is also the compact one.
            answer = await _client.HashKvAsync(_built.RevisionAfter, cancellationToken).ConfigureAwait(false);
        }

        Require(BootTestFault.RevisionDiffers, "revision", _built.RevisionAfter, answer.Revision);
        Require(BootTestFault.RevisionDiffers, "compact revision", _built.CompactRevision, answer.CompactRevision);
        Require(BootTestFault.HashDiffers, "HashKV", Hex(_built.KeySpaceHash), Hex(answer.Hash));
    }

    private void Require<T>(BootTestFault fault, string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{what}: the server answers '{actual}', the snapshot predicts '{expected}'");
            throw new BootTestException(fault, text, _serverLog());
        }
    }

    private static SampledKey ToSample(byte[] key, KeyValue read) => new(
        key, true, Convert.ToHexStringLower(SHA256.HashData(read.Value.Span)), read.CreateRevision, read.ModRevision, read.Version);

    // Hashes of values may stand in an error; values may not.
    private static string Describe(SampledKey key) => key.Alive
        ? string.Create(CultureInfo.InvariantCulture, $"created {key.CreateRevision}, changed {key.ModRevision}, version {key.Version}, sha256 {key.ValueSha256}")
        : "not there";

    private static string Name(byte[] key) => Encoding.UTF8.GetString(key);

    private static string Hex(ulong number) => number.ToString("x", CultureInfo.InvariantCulture);
}
