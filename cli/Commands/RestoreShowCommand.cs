using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class RestoreShowCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> restore = new("RESTORE") { Description = "Id of the restore, or the beginning of it." };
        return host.Leaf(
            "show",
            "Shows one restore with its report.",
            "k8sbackup restore show 01k9",
            async (session, parsed, cancellationToken) =>
            {
                GetRestoreRequest request = new() { RestoreId = parsed.GetRequiredValue(restore) };
                session.Output.One(RestoreViews.Restore, await session.Client.GetRestoreAsync(request, session.Call(cancellationToken)));
                return ExitCodes.Ok;
            },
            restore);
    }
}
