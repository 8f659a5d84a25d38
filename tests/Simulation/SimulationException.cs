namespace K8sBackup.Simulation;

/// <summary>A simulated world broke one of the invariants I1 to I10, or the promise named.</summary>
internal sealed class SimulationException : Exception
{
    public SimulationException(string invariant, string what, Exception? inner = null)
        : base($"{invariant} broken: {what}", inner) => Invariant = invariant;

    public string Invariant { get; }
}
