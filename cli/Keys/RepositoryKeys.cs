using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.Local;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Keys;

/// <summary>Opens a store directory for work on its key slots, without the coordinator.</summary>
internal static class RepositoryKeys
{
    /// <summary>The store; a directory that is not there is no empty store.</summary>
    public static IObjectStore Open(string directory, TimeProvider clock) => Directory.Exists(directory)
        ? LocalObjectStore.Open(directory, clock)
        : throw new BackupException(FailureCause.NotFound, $"There is no store directory {directory}.");

    /// <summary>Unlocks with the credential, which proves the right to change slots.</summary>
    public static async Task<MasterKeys> UnlockAsync(KeySlots slots, SlotCredential credential, CancellationToken cancellationToken)
    {
        using (credential)
        {
            return await slots.UnlockAsync(credential, cancellationToken);
        }
    }
}
