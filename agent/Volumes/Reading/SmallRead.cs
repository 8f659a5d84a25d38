namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>What became of a file that was to be read together with others: it was read, or its reading failed, or (neither) it has to be read alone.</summary>
internal readonly record struct SmallRead(SmallFile? File, IOException? Fault);
