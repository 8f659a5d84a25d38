namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>How politely files are read. One for all captures of the node.</summary>
internal sealed record ReadPolicy(TimeSpan HungAfter, ReadPacer Pacer, TimeProvider Clock);
