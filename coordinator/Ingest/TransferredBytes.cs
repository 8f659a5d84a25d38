namespace K8sBackup.Coordinator.Ingest;

/// <summary>What an upload moved.</summary>
/// <param name="Sent">Plaintext bytes of the chunks the agent sent.</param>
/// <param name="Stored">Sealed bytes they added to the store.</param>
internal readonly record struct TransferredBytes(long Sent, long Stored);
