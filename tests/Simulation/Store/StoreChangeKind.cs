namespace K8sBackup.Simulation.Store;

internal enum StoreChangeKind
{
    Created = 1,
    Overwritten = 2,
    Swapped = 3,
    Deleted = 4,
}
