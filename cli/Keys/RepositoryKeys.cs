using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Keys;

/// <summary>Opens key slots directly in the store, without the coordinator.</summary>
internal static class RepositoryKeys
{
    /// <summary>Unlocks with the credential, which proves the right to change slots.</summary>
    public static async Task<MasterKeys> UnlockAsync(KeySlots slots, SlotCredential credential, CancellationToken cancellationToken)
    {
        using (credential)
        {
            return await slots.UnlockAsync(credential, cancellationToken);
        }
    }
}
