using System.Security.Cryptography.X509Certificates;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Enrolment;

/// <summary>
/// The coordinator's server certificate, made at the first handshake and again when a third of its life is left, or when another authority
/// took over. Thread-safe. A replaced certificate stays undisposed: handshakes under way may still use it.
/// </summary>
public sealed class ServerCertificate
{
    private readonly AuthorityRing _ring;
    private readonly IReadOnlyList<string> _hosts;
    private readonly TimeProvider _clock;
    private readonly ILogger<ServerCertificate> _log;
    private readonly Lock _lock = new();
    private X509Certificate2? _certificate;

    public ServerCertificate(AuthorityRing ring, IReadOnlyList<string> hosts, TimeProvider clock, ILogger<ServerCertificate> log)
    {
        _ring = ring;
        _hosts = hosts;
        _clock = clock;
        _log = log;
    }

    /// <summary>A certificate with at least a third of its life left.</summary>
    public X509Certificate2 Current()
    {
        lock (_lock)
        {
            CertificateAuthority authority = _ring.Serving;
            if (_certificate is null || !authority.Issued(_certificate) || _clock.GetUtcNow() > _certificate.NotAfter - (CertificateAuthority.ServerLifetime / 3))
            {
                _certificate = authority.IssueServer(_hosts);
                EnrolmentLog.ServerCertificateIssued(_log, string.Join(", ", _hosts), _certificate.NotAfter.ToUniversalTime());
            }

            return _certificate;
        }
    }
}
