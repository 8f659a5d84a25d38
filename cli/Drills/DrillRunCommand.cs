using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Drills;

internal static class DrillRunCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> point = new("POINT")
        {
            Description = "Restore point: its id, the beginning of it, or 'latest', which is the default.",
            DefaultValueFactory = _ => "latest",
        };
        Argument<string?> source = new("SOURCE")
        {
            Description = "Source: kind/name@node, or a part that names one only. Default: etcd, and a sample of every other source.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string> node = new("--node") { Description = "Node to hold the drill on. Default: the source's own.", DefaultValueFactory = _ => "" };
        Option<bool?> watch = RestoreStart.WatchOption();
        return host.Leaf(
            "run",
            "Restores a restore point into a scratch directory of a node and proves it there: etcd by starting one, files byte by byte.",
            "k8sbackup drill run latest etcd --watch",
            async (session, parsed, cancellationToken) =>
            {
                StartDrillsRequest request = new() { PointId = parsed.GetRequiredValue(point), Node = parsed.GetValue(node) };
                if (parsed.GetValue(source) is { } text)
                {
                    RestorePoint found = await PointReference.GetUsableAsync(session, request.PointId, cancellationToken);
                    request.PointId = found.Id;
                    request.Source = SourceReference.Parse(text).In(found).Source;
                }

                StartDrillsResponse started = await session.Drills.StartAsync(request, session.Call(cancellationToken));
                if (parsed.GetValue(watch) ?? session.Context.ErrorIsTerminal)
                {
                    return await DrillWatch.ToEndAsync(session, started.Drills, cancellationToken);
                }

                session.Output.List(DrillViews.Drill, started.Drills, "");
                return ExitCodes.Ok;
            },
            point,
            source,
            node,
            watch);
    }
}
