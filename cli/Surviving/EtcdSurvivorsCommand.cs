using System.CommandLine;
using Grpc.Core;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Surviving;

/// <summary>Looks at what is left of an etcd that has lost its quorum.</summary>
internal static class EtcdSurvivorsCommand
{
    public static Command Create(CommandHost host)
    {
        Option<string[]> nodes = new("--node") { Description = "Only this node; may be given several times. Default: all of the control plane.", HelpName = "NAME", DefaultValueFactory = _ => [] };
        return host.Leaf(
            "survivors",
            "Shows what is on each etcd member's disk, and which one a cluster that lost its quorum is best made from again. Changes nothing.",
            "k8sbackup etcd survivors",
            async (session, parsed, cancellationToken) =>
            {
                SurveyRequest request = new() { Nodes = { parsed.GetRequiredValue(nodes) } };
                List<MemberDisk> disks = [];
                SurvivorChoice? choice = null;
                AsyncServerStreamingCall<SurveyMessage> call = session.Survivors.Survey(request, session.LongCall(cancellationToken));
                await foreach (SurveyMessage message in CommandSession.StreamAsync(call, cancellationToken))
                {
                    choice = message.Choice ?? choice;
                    if (message.Disk is { } disk)
                    {
                        disks.Add(disk);
                    }
                }

                if (choice is null)
                {
                    throw new BackupException(FailureCause.NodeUnavailable, "The survey ended before it was complete.");
                }

                disks.Sort((left, right) => string.CompareOrdinal(left.Node, right.Node));
                session.Output.One(SurvivorViews.Report, new SurvivorReport(disks, choice));
                return choice.Node.Length > 0 ? ExitCodes.Ok : ExitCodes.NotFound;
            },
            nodes);
    }
}
