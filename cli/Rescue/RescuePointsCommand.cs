using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;

namespace K8sBackup.Cli.Rescue;

internal static class RescuePointsCommand
{
    private const int LimitDefault = 50;

    public static Command Create(CommandHost host)
    {
        RescueOptions options = new();
        Option<int> limit = new("--limit") { Description = "Most restore points to list.", DefaultValueFactory = _ => LimitDefault };
        return host.Leaf(
            "points",
            "Lists restore points in the store, newest first.",
            "k8sbackup rescue points --store /mnt/backup --recovery-key recovery.key",
            async (session, parsed, cancellationToken) =>
            {
                using RescueRepository repository = await options.OpenAsync(parsed, session.Context, cancellationToken);
                session.Output.List(
                    PointViews.Point, await repository.PointsAsync(parsed.GetValue(limit), cancellationToken), "There is no restore point.");
                return ExitCodes.Ok;
            },
            [.. options.All, limit]);
    }
}
