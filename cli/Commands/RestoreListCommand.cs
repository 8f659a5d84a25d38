using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class RestoreListCommand
{
    private const int LimitDefault = 50;

    public static Command Create(CommandHost host)
    {
        Option<int> limit = new("--limit") { Description = "Most restores to list.", DefaultValueFactory = _ => LimitDefault };
        return host.Leaf(
            "list",
            "Lists restores, newest first.",
            "k8sbackup restore list",
            async (session, parsed, cancellationToken) =>
            {
                ListRestoresRequest request = new() { Limit = parsed.GetValue(limit) };
                List<Restore> restores = await CommandSession.ReadAllAsync(session.Client.ListRestores(request, session.Call(cancellationToken)), cancellationToken);
                session.Output.List(RestoreViews.Restore, restores, "No restore yet.");
                return ExitCodes.Ok;
            },
            limit);
    }
}
