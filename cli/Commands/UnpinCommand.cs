using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Removes a pin; the rules decide again.</summary>
internal static class UnpinCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        return host.Leaf(
            "unpin",
            "Removes the pin of a restore point; the next prune may delete it when no rule keeps it.",
            "k8sbackup unpin 01k9",
            async (session, parsed, cancellationToken) =>
            {
                UnpinPointRequest request = new() { PointId = parsed.GetRequiredValue(point) };
                UnpinPointResponse response = await session.Client.UnpinPointAsync(request, session.Call(cancellationToken));
                session.Output.One(RetentionViews.Pin, new PinChange(response.PointId, false, response.WasPinned));
                return ExitCodes.Ok;
            },
            point);
    }
}
