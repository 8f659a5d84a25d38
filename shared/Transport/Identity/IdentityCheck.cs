namespace K8sBackup.Transport.Identity;

/// <summary>Result of looking at a peer's certificate: an identity, or why there is none.</summary>
public sealed record IdentityCheck
{
    private IdentityCheck(PeerIdentity? identity, string reason)
    {
        Identity = identity;
        Reason = reason;
    }

    /// <summary>Null when refused.</summary>
    public PeerIdentity? Identity { get; }

    /// <summary>Why it was refused, empty otherwise.</summary>
    public string Reason { get; }

    public static IdentityCheck Accepted(PeerIdentity identity) => new(identity, "");

    public static IdentityCheck Refused(string reason) => new(null, reason);
}
