using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Stores;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Commands;

/// <summary>Makes a new data key. Every slot gets it, so what opens each must be given, or the slot be removed.</summary>
internal static class KeyRotateDataCommand
{
    public static Command Create(CommandHost host)
    {
        StoreArguments store = new();
        CredentialFiles files = new();
        Option<string[]> remove = new("--remove-slot") { Description = "Id of a slot that is removed instead; may be given more than once.", HelpName = "SLOT" };
        return host.Leaf(
            "rotate-data",
            "Makes a new key for data written from now on. What is there stays readable. Restart the coordinator afterwards.",
            "k8sbackup key rotate-data --store /srv/backup --key-file /var/lib/k8sbackup/repository.key --recovery-key recovery.key.pub",
            async (session, parsed, cancellationToken) =>
            {
                IReadOnlyList<SlotCredential> credentials = files.Read(parsed);
                try
                {
                    using OpenedStore opened = await store.OpenAsync(parsed, StoreUse.Existing, session.Context, cancellationToken);
                    DataKeyRotation rotation = new(opened.Store, session.Context.Clock);
                    uint epoch = await rotation.RunAsync(credentials, parsed.GetValue(remove) ?? [], cancellationToken);
                    session.Context.Error.WriteLine($"Data key {epoch} is in use. A running coordinator uses it after a restart.");
                    session.Output.List(KeyViews.Slot, await new KeySlots(opened.Store, session.Context.Clock).ListAsync(cancellationToken), "");
                    return ExitCodes.Ok;
                }
                finally
                {
                    foreach (SlotCredential credential in credentials)
                    {
                        credential.Dispose();
                    }
                }
            },
            [.. store.All, .. files.All, remove]);
    }
}
