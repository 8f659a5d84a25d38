namespace K8sBackup.Simulation.Store;

/// <summary>Something that happened in the model store.</summary>
/// <param name="Kind">What.</param>
/// <param name="Name">The object.</param>
/// <param name="Content">Its content afterwards, or before it was deleted.</param>
/// <param name="By">The process whose request it was.</param>
internal readonly record struct StoreChange(StoreChangeKind Kind, string Name, byte[] Content, string By);
