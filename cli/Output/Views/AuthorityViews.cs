using K8sBackup.Cli.Authorities;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

internal static class AuthorityViews
{
    public static readonly View<AuthorityState> State = new View<AuthorityState>()
        .Text("fingerprint", "Authority", s => s.Fingerprint)
        .Time("notAfter", "Until", s => s.NotAfter)
        .Text("nextFingerprint", "Next", s => s.NextFingerprint)
        .Time("beganAt", "Replacement began", s => s.BeganAt)
        .Time("overlapEndsAt", "Both trusted until", s => s.OverlapEndsAt)
        .Number("waiting", "Nodes not renewed", s => s.Waiting)
        .List("waitingFor", "These", s => s.WaitingFor);

    public static readonly View<RenewedIdentity> Renewed = new View<RenewedIdentity>()
        .Text("identity", "Identity", r => r.Identity)
        .Text("file", "File", r => r.File)
        .Time("notAfter", "Until", r => Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(r.NotAfter))
        .Number("authorities", "Authorities trusted", r => r.Authorities);
}
