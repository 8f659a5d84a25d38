using K8sBackup.Agent.Tests.Support;

namespace K8sBackup.Agent.Tests.Volumes;

/// <summary>A test that needs bindfs, and is counted as skipped where it cannot run.</summary>
internal sealed class StandingMountFactAttribute : FactAttribute
{
    public StandingMountFactAttribute() => Skip = StandingMount.MissingBecause;
}
