using K8sBackup.Coordinator.Fleet;
using K8sBackup.TestKit.Calls;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Tests.Ingest;

/// <summary>A call made by the identity given.</summary>
internal sealed class TestCall : StandInCall
{
    public TestCall(PeerIdentity caller, CancellationToken cancellationToken = default)
        : base(cancellationToken) => CallerIdentity.Set(this, caller);

    public static TestCall Operator(CancellationToken cancellationToken = default) =>
        new(new PeerIdentity("prod", Role.Operator, "alice"), cancellationToken);
}
