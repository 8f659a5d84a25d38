using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Surviving;

/// <summary>Makes a restore point of a stopped member's data directory.</summary>
internal static class EtcdSalvageCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> node = new("NODE") { Description = "The node whose etcd is stopped and whose data is to be taken; 'etcd survivors' says which." };
        Option<bool> watch = new("--watch") { Description = "Show the run until it is over; the exit code then tells how it ended." };
        return host.Leaf(
            "salvage",
            "Makes a restore point of what is on the disk of a stopped etcd member, and of the control-plane files beside it. The disk is only read.",
            "k8sbackup etcd salvage cp-2 --watch",
            async (session, parsed, cancellationToken) =>
            {
                SalvageRequest request = new() { Node = parsed.GetRequiredValue(node), RequestId = session.NewRequestId() };
                string run = (await session.Survivors.SalvageAsync(request, session.Call(cancellationToken))).RunId;
                if (parsed.GetValue(watch))
                {
                    return await RunWatch.ToEndAsync(session, run, cancellationToken);
                }

                session.Output.One(RunViews.Run, await session.Client.GetRunAsync(new GetRunRequest { RunId = run }, session.Call(cancellationToken)));
                return ExitCodes.Ok;
            },
            node,
            watch);
    }
}
