using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Stores;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Commands;

/// <summary>Tries keys on all slots, and changes nothing: for the drawer with the recovery key, once a quarter.</summary>
internal static class KeyTestCommand
{
    public static Command Create(CommandHost host)
    {
        StoreArguments store = new();
        CredentialFiles files = new();
        return host.Leaf(
            "test",
            "Says which slots open with the keys that are given. Changes nothing.",
            "k8sbackup key test --store /srv/backup --passphrase-file recovery.txt",
            async (session, parsed, cancellationToken) =>
            {
                IReadOnlyList<SlotCredential> credentials = files.Read(parsed);
                try
                {
                    if (credentials.Any(c => c is RecoveryPublicKey))
                    {
                        throw new BackupException(FailureCause.InvalidRequest, "The public half of a recovery key opens nothing; test the private half.");
                    }

                    using OpenedStore opened = await store.OpenAsync(parsed, StoreUse.Read, session.Context, cancellationToken);
                    IReadOnlyList<SlotTest> tests = await new KeySlots(opened.Store, session.Context.Clock).TestAsync(credentials, cancellationToken);
                    session.Output.List(KeyViews.Test, tests, "The store has no key slot, so it holds no repository.");
                    return credentials.All(c => tests.Any(t => t.Result == SlotTestResult.Opens && t.Credential == c)) ? ExitCodes.Ok : ExitCodes.Denied;
                }
                finally
                {
                    foreach (SlotCredential credential in credentials)
                    {
                        credential.Dispose();
                    }
                }
            },
            [.. store.All, .. files.All]);
    }
}
