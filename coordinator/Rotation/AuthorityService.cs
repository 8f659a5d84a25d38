using System.Security.Cryptography.X509Certificates;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using K8sBackup.Coordinator.Enrolment;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Rotation;

/// <summary>The operator's calls about the authority.</summary>
public sealed class AuthorityService : Transport.V1.Authorities.AuthoritiesBase
{
    private const int ListedMax = 100;

    private static readonly TimeSpan OverlapDefault = TimeSpan.FromHours(24);
    private static readonly TimeSpan OverlapMax = TimeSpan.FromDays(30);

    private readonly AuthorityRing _ring;
    private readonly AuthorityRotation _rotation;
    private readonly AuditLog _audit;
    private readonly TimeProvider _clock;
    private readonly ILogger<AuthorityService> _log;

    public AuthorityService(AuthorityRing ring, AuthorityRotation rotation, AuditLog audit, TimeProvider clock, ILogger<AuthorityService> log)
    {
        _ring = ring;
        _rotation = rotation;
        _audit = audit;
        _clock = clock;
        _log = log;
    }

    public override Task<AuthorityState> Show(ShowAuthorityRequest request, ServerCallContext context) => Task.FromResult(State());

    public override Task<AuthorityState> Rotate(RotateAuthorityRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return _audit.RecordAsync(context, "authority.rotate", _ring.Serving.Fingerprint, () => RotateAsync(request, context.CancellationToken));
    }

    public override Task<AuthorityState> Finish(FinishRotationRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return _audit.RecordAsync(context, "authority.finish", _ring.Serving.Fingerprint, () => FinishAsync(context.CancellationToken));
    }

    public override Task<RenewResponse> RenewIdentity(RenewRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        PeerIdentity caller = CallerIdentity.Of(context);
        X509Certificate2 shown = context.GetHttpContext().Connection.ClientCertificate
            ?? throw new RpcException(new Status(StatusCode.Unauthenticated, "A valid client certificate is needed."));
        // No longer life than it had: another authority is no reason to trust somebody for longer.
        TimeSpan left = shown.NotAfter.ToUniversalTime() - _clock.GetUtcNow().UtcDateTime;
        return _audit.RecordAsync(context, "operator.renew", caller.Name, () => Task.FromResult(new RenewResponse
        {
            Certificate = CertificateAnswers.Issue(_ring.Current, CertificateAnswers.ReadKey(request.CertificateRequest), caller.Role, caller.Name, left),
        }));
    }

    private async Task<AuthorityState> RotateAsync(RotateAuthorityRequest request, CancellationToken cancellationToken)
    {
        TimeSpan overlap = Overlap(request.Overlap);
        try
        {
            if (await _ring.BeginAsync(overlap, cancellationToken))
            {
                RotationLog.Began(_log, _ring.Current.Issuing.Fingerprint, _ring.Rotation?.OverlapEndsAt ?? default);
            }
        }
        catch (IOException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"The next authority cannot be kept, and nothing has changed: {e.Message}"));
        }

        return State();
    }

    private async Task<AuthorityState> FinishAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await _ring.FinishAsync(cancellationToken))
            {
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "The authority is not being replaced."));
            }
        }
        catch (IOException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"The former authority cannot be dropped, and nothing has changed: {e.Message}"));
        }

        RotationLog.Finished(_log, _ring.Serving.Fingerprint);
        return State();
    }

    private static TimeSpan Overlap(Duration? wanted)
    {
        if (wanted is null)
        {
            return OverlapDefault;
        }

        // Compared in seconds: a duration on the wire may be longer than a TimeSpan.
        return wanted.Seconds >= 0 && wanted.Nanos >= 0 && wanted.Seconds <= OverlapMax.TotalSeconds
            ? TimeSpan.FromSeconds(wanted.Seconds)
            : throw new RpcException(new Status(StatusCode.InvalidArgument, "Two authorities overlap from zero to 30 days."));
    }

    private AuthorityState State()
    {
        AuthorityPair current = _ring.Current;
        AuthorityState state = new()
        {
            Fingerprint = current.Serving.Fingerprint,
            NotAfter = Timestamp.FromDateTime(current.Serving.Certificate.NotAfter.ToUniversalTime()),
        };
        if (current.Next is { } next && _ring.Rotation is { } rotation)
        {
            IReadOnlyList<string> waiting = _rotation.WaitingFor();
            state.NextFingerprint = next.Fingerprint;
            state.BeganAt = Timestamp.FromDateTimeOffset(rotation.BeganAt);
            state.OverlapEndsAt = Timestamp.FromDateTimeOffset(rotation.OverlapEndsAt);
            state.WaitingFor.Add(waiting.Take(ListedMax));
            state.Waiting = waiting.Count;
        }

        return state;
    }
}
