using System.Runtime.CompilerServices;
using Google.Protobuf;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Wire;

namespace K8sBackup.Etcd.Browsing;

/// <summary>The key space of a running cluster, held at the revision of the first answer and read page by page.</summary>
public sealed class LiveKeySpace : IKeySpace
{
    private const int PageKeysMax = 256;

    private readonly EtcdMemberClient _client;
    private readonly int _pageKeysMax;

    /// <summary>Reads through a member; the client stays the caller's.</summary>
    public LiveKeySpace(EtcdMemberClient client, int pageKeysMax = PageKeysMax)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _pageKeysMax = pageKeysMax;
    }

    /// <summary>The revision that is read; 0 before the first answer.</summary>
    public long Revision { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="EtcdCallException">Thrown while enumerating: the call failed, or the cluster compacted the revision meanwhile.</exception>
    public async IAsyncEnumerable<KeyRecord> ReadAsync(KeyRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(range);
        var limit = _pageKeysMax;
        // etcd has no empty key; a zero byte as start or end stands for the ends of the key space.
        var start = range.Start.IsEmpty ? ByteString.CopyFrom(0) : ByteString.CopyFrom(range.Start.Span);
        var end = range.End is { } bound ? ByteString.CopyFrom(bound.Span) : ByteString.CopyFrom(0);
        while (true)
        {
            var request = new RangeRequest { Key = start, RangeEnd = end, Limit = limit, Revision = Revision };
            RangeResponse answer;
            try
            {
                answer = await _client.RangeAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (EtcdCallException e) when (e.Error == EtcdCallError.TooLarge && limit > 1)
            {
                limit = Math.Max(limit / 4, 1);
                continue;
            }

            Revision = Revision > 0 ? Revision : answer.Header?.Revision ?? 0;
            foreach (var found in answer.Kvs)
            {
                yield return ToRecord(found);
            }

            if (!answer.More || answer.Kvs.Count == 0)
            {
                yield break;
            }

            start = ByteString.CopyFrom([.. answer.Kvs[^1].Key.Span, 0]);
        }
    }

    private static KeyRecord ToRecord(KeyValue found) => new()
    {
        Key = found.Key.Memory,
        Value = found.Value.Memory,
        CreateRevision = found.CreateRevision,
        ModRevision = found.ModRevision,
        Version = found.Version,
        Lease = found.Lease,
    };
}
