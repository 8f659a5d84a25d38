using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Etcd.Wire;
using Google.Protobuf;

namespace K8sBackup.Etcd.Client;

/// <summary>
/// Calls one etcd member over one connection. Make a new one for each piece of work: certificates are read when it is made.
/// Thread-safe; every call has a deadline of its own.
/// </summary>
public sealed class EtcdMemberClient : IDisposable
{
    private readonly EtcdClientOptions _options;
    private readonly TimeProvider _time;
    private readonly SocketsHttpHandler _handler;
    private readonly GrpcChannel _channel;
    private readonly Maintenance.MaintenanceClient _maintenance;

    private EtcdMemberClient(
        EtcdEndpoint endpoint,
        EtcdClientOptions options,
        TimeProvider time,
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect)
    {
        _options = options;
        _time = time;
        Endpoint = endpoint;
        _handler = EtcdTransport.CreateHandler(endpoint);
        _handler.ConnectCallback = connect;
        _channel = GrpcChannel.ForAddress(endpoint.Address, new GrpcChannelOptions
        {
            HttpHandler = _handler,
            MaxReceiveMessageSize = options.MessageBytesMax,
        });
        _maintenance = new Maintenance.MaintenanceClient(_channel);
    }

    /// <summary>Whom this client calls.</summary>
    public EtcdEndpoint Endpoint { get; }

    internal ChannelBase Channel => _channel;

    /// <summary>Reads the certificates; the connection itself is made by the first call.</summary>
    /// <exception cref="IOException">A certificate file is missing.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate file is not PEM.</exception>
    public static EtcdMemberClient Create(EtcdEndpoint endpoint, EtcdClientOptions options, TimeProvider time) =>
        Create(endpoint, options, time, connect: null);

    // A member in another network is connected to from inside that.
    internal static EtcdMemberClient Create(
        EtcdEndpoint endpoint,
        EtcdClientOptions options,
        TimeProvider time,
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        return new EtcdMemberClient(endpoint, options, time, connect);
    }

    /// <summary>Asks the member about itself.</summary>
    /// <exception cref="EtcdCallException">The call failed.</exception>
    public async Task<EtcdMemberStatus> StatusAsync(CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            "status", _options.CallTimeout, (options) => _maintenance.StatusAsync(new StatusRequest(), options), cancellationToken).ConfigureAwait(false);
        return new EtcdMemberStatus
        {
            ClusterId = answer.Header?.ClusterId ?? 0,
            MemberId = answer.Header?.MemberId ?? 0,
            Revision = answer.Header?.Revision ?? 0,
            Version = answer.Version,
            DatabaseBytes = answer.DbSize,
            DatabaseBytesInUse = answer.DbSizeInUse,
            LeaderId = answer.Leader,
            RaftTerm = answer.RaftTerm,
            RaftIndex = answer.RaftIndex,
            RaftAppliedIndex = answer.RaftAppliedIndex,
            Errors = [.. answer.Errors],
            IsLearner = answer.IsLearner,
            StorageVersion = answer.StorageVersion.Length > 0 ? answer.StorageVersion : null,
            DatabaseBytesQuota = answer.DbSizeQuota,
        };
    }

    /// <summary>
    /// Hash of the member's key space up to a revision, 0 for the newest. Ask one member at a time: it walks everything.
    /// </summary>
    /// <exception cref="EtcdCallException">The call failed; <see cref="EtcdCallError.Compacted"/> up to 3.5 also when revision equals the compact revision.</exception>
    public async Task<HashKvAnswer> HashKvAsync(long revision, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            "hash of the key space",
            _options.LongCallTimeout,
            options => _maintenance.HashKVAsync(new HashKVRequest { Revision = revision }, options),
            cancellationToken).ConfigureAwait(false);
        var answered = answer.HashRevision > 0 ? answer.HashRevision : revision > 0 ? revision : answer.Header?.Revision ?? 0;
        return new HashKvAnswer(answer.Header?.MemberId ?? 0, answer.Hash, answered, Math.Max(answer.CompactRevision, 0));
    }

    /// <summary>Lists the members this member knows.</summary>
    /// <param name="linearizable">True asks the leader (3.5 on), which needs a quorum.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="EtcdCallException">The call failed.</exception>
    public async Task<IReadOnlyList<EtcdMemberFact>> MemberListAsync(bool linearizable, CancellationToken cancellationToken)
    {
        var client = new Cluster.ClusterClient(_channel);
        var answer = await CallAsync(
            "member list",
            _options.CallTimeout,
            options => client.MemberListAsync(new MemberListRequest { Linearizable = linearizable }, options),
            cancellationToken).ConfigureAwait(false);
        return [.. answer.Members.Select(member => new EtcdMemberFact(member.ID, member.Name, [.. member.PeerURLs], [.. member.ClientURLs], member.IsLearner))];
    }

    /// <summary>Adds a member without a vote, and gives its id.</summary>
    /// <exception cref="EtcdCallException">The call failed.</exception>
    public async Task<ulong> AddLearnerAsync(IReadOnlyList<string> peerUrls, CancellationToken cancellationToken)
    {
        var client = new Cluster.ClusterClient(_channel);
        var request = new MemberAddRequest { PeerURLs = { peerUrls }, IsLearner = true };
        var answer = await CallAsync("member add", _options.CallTimeout, options => client.MemberAddAsync(request, options), cancellationToken).ConfigureAwait(false);
        return answer.Member.ID;
    }

    /// <summary>Gives a member its vote.</summary>
    /// <exception cref="EtcdCallException">The call failed, as it does until the member has caught up.</exception>
    public Task PromoteAsync(ulong memberId, CancellationToken cancellationToken)
    {
        var client = new Cluster.ClusterClient(_channel);
        var request = new MemberPromoteRequest { ID = memberId };
        return CallAsync("member promote", _options.CallTimeout, options => client.MemberPromoteAsync(request, options), cancellationToken);
    }

    /// <summary>Lists the alarms of the cluster.</summary>
    /// <exception cref="EtcdCallException">The call failed.</exception>
    public async Task<IReadOnlyList<EtcdAlarmFact>> AlarmsAsync(CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            "alarms", _options.CallTimeout, options => _maintenance.AlarmAsync(new AlarmRequest(), options), cancellationToken).ConfigureAwait(false);
        return [.. answer.Alarms.Select(alarm => new EtcdAlarmFact(alarm.MemberID, (EtcdAlarmKind)(int)alarm.Alarm))];
    }

    /// <summary>Number of keys a client can see, read through the leader: also the proof that the cluster serves reads.</summary>
    /// <exception cref="EtcdCallException">The call failed.</exception>
    public async Task<long> CountKeysAsync(CancellationToken cancellationToken)
    {
        var client = new KV.KVClient(_channel);
        var everything = ByteString.CopyFrom(0);
        var request = new RangeRequest { Key = everything, RangeEnd = everything, CountOnly = true };
        var answer = await CallAsync("count", _options.CallTimeout, options => client.RangeAsync(request, options), cancellationToken).ConfigureAwait(false);
        return answer.Count;
    }

    internal Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken)
    {
        var client = new KV.KVClient(_channel);
        return CallAsync("range", _options.CallTimeout, options => client.RangeAsync(request, options), cancellationToken);
    }

    /// <summary>Drops history below a revision.</summary>
    /// <exception cref="EtcdCallException">The call failed.</exception>
    public Task CompactAsync(long revision, bool physical, CancellationToken cancellationToken)
    {
        var client = new KV.KVClient(_channel);
        var request = new CompactionRequest { Revision = revision, Physical = physical };
        return CallAsync("compaction", _options.LongCallTimeout, options => client.CompactAsync(request, options), cancellationToken);
    }

    /// <summary>Rewrites the member's database file without its free pages. Blocks the member; never during a snapshot.</summary>
    /// <exception cref="EtcdCallException">The call failed.</exception>
    public Task DefragmentAsync(CancellationToken cancellationToken) => CallAsync(
        "defragmentation", _options.LongCallTimeout, options => _maintenance.DefragmentAsync(new DefragmentRequest(), options), cancellationToken);

    /// <summary>
    /// Streams a snapshot into <paramref name="spool"/>, database and digest, and verifies the transport. The spool is not
    /// flushed to disk; after a failure its content is worthless. The bytes still need
    /// <see cref="SnapshotVerifier"/>: a digest is computed over whatever the member read.
    /// </summary>
    /// <param name="spool">Where the bytes go; written as fast as the member sends.</param>
    /// <param name="spoolBytesMax">Bytes the spool may take; a larger snapshot is refused before its first byte is written.</param>
    /// <param name="cancellationToken">Ends the call, and with it the member's read transaction.</param>
    /// <exception cref="EtcdSnapshotException">No snapshot, with the cause.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<DownloadedSnapshot> SnapshotAsync(Stream spool, long spoolBytesMax, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spool);
        using var download = new SnapshotDownload(_maintenance, _options, _time, cancellationToken);
        return await download.RunAsync(spool, spoolBytesMax).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _channel.Dispose();
        _handler.Dispose();
    }

    private async Task<T> CallAsync<T>(
        string what, TimeSpan timeout, Func<CallOptions, AsyncUnaryCall<T>> start, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var call = start(new CallOptions(cancellationToken: stop.Token));
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw EtcdCallFailure.Describe(what, Endpoint.Address, deadline.IsCancellationRequested, e);
        }
    }
}
