using K8sBackup.Coordinator.Fleet;
using K8sBackup.TestKit.Calls;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Simulation.Worlds;

/// <summary>A call made by the identity given.</summary>
internal sealed class SimulatedCall : StandInCall
{
    public SimulatedCall(PeerIdentity caller, CancellationToken cancellationToken)
        : base(cancellationToken) => CallerIdentity.Set(this, caller);
}
