using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Pins a restore point: no rule lets it go until it is unpinned.</summary>
internal static class PinCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        Option<string> reason = new("--reason") { Description = "Why, for whoever finds the pin later.", HelpName = "TEXT" };
        return host.Leaf(
            "pin",
            "Keeps a restore point whatever the rules of its plan say (legal hold), until it is unpinned.",
            "k8sbackup pin 01k9 --reason 'incident 4711, ask legal before removing'",
            async (session, parsed, cancellationToken) =>
            {
                PinPointRequest request = new() { PointId = parsed.GetRequiredValue(point), Reason = parsed.GetValue(reason) ?? "" };
                PinPointResponse response = await session.Client.PinPointAsync(request, session.Call(cancellationToken));
                session.Output.One(RetentionViews.Pin, new PinChange(response.PointId, true, response.IsNew));
                return ExitCodes.Ok;
            },
            point,
            reason);
    }
}
