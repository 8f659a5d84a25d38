using System.Security.Cryptography.X509Certificates;
using K8sBackup.Coordinator.Rotation;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>Says once in a session that its certificate is outdated. Looked at when the authority changed only: a signature is checked for it. Of one thread.</summary>
internal sealed class RenewalNotice
{
    private readonly AuthorityRing _ring;
    private readonly X509Certificate2? _certificate;
    private Transport.Identity.AuthorityPair? _seen;
    private bool _given;

    public RenewalNotice(AuthorityRing ring, X509Certificate2? certificate)
    {
        _ring = ring;
        _certificate = certificate;
    }

    /// <summary>Calls it when the authority changes; to be taken off at the end of the session.</summary>
    public void Follow(Action changed) => _ring.Changed += changed;

    public void Unfollow(Action changed) => _ring.Changed -= changed;

    /// <summary>True once, when it is time.</summary>
    public bool IsDue()
    {
        if (_given || _certificate is null || ReferenceEquals(_seen, _ring.Current))
        {
            return false;
        }

        _seen = _ring.Current;
        return _given = _ring.IsOutdated(_certificate);
    }
}
