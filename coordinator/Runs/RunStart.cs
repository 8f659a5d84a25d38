namespace K8sBackup.Coordinator.Runs;

/// <summary>Answer to the wish to start a run.</summary>
/// <param name="Run">The run that is now there.</param>
/// <param name="Conflict">True when it is another run of the same plan that still goes on, and nothing was started.</param>
public sealed record RunStart(RunRecord Run, bool Conflict);
