namespace K8sBackup.Etcd.DataDir;

/// <summary>
/// One rename of a swap. Names of retired and staged things carry the swap's id and so belong to one move only: whether a
/// move was done is read off the directory, and a crash between rename and journal does not matter.
/// </summary>
/// <param name="InWalDirectory">True when both names are relative to the separate WAL directory, else to the data-dir.</param>
/// <param name="Retires">True for old data moved away, false for staged data moved in.</param>
/// <param name="From">Name before.</param>
/// <param name="To">Name after.</param>
internal sealed record SwapMove(bool InWalDirectory, bool Retires, string From, string To);
