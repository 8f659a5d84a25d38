using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class RestoreCancelCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> restore = new("RESTORE") { Description = "Id of the restore, or the beginning of it." };
        return host.Leaf(
            "cancel",
            "Cancels a restore; what was there before stays or is put back.",
            "k8sbackup restore cancel 01k9",
            async (session, parsed, cancellationToken) =>
            {
                CancelRestoreRequest request = new() { RestoreId = parsed.GetRequiredValue(restore) };
                session.Output.One(RestoreViews.Restore, await session.Client.CancelRestoreAsync(request, session.Call(cancellationToken)));
                return ExitCodes.Ok;
            },
            restore);
    }
}
