using System.CommandLine;
using System.CommandLine.Invocation;
using K8sBackup.Cli.Authorities;
using K8sBackup.Cli.Drills;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Impact;
using K8sBackup.Cli.Inside;
using K8sBackup.Cli.Rescue;
using K8sBackup.Cli.Terminal;

namespace K8sBackup.Cli.Commands;

/// <summary>The whole command line: what there is, and how it is run.</summary>
internal static class CommandLine
{
    /// <summary>Runs one command line and gives the exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliContext context, CancellationToken cancellationToken)
    {
        ParseResult parsed = Create(context).Parse(arguments);
        if (parsed.Action is null or ParseErrorAction)
        {
            foreach (string error in parsed.Errors.Select(e => e.Message).Distinct())
            {
                context.Error.WriteLine($"error: {Printable.Lines(error)}");
            }

            context.Error.WriteLine($"Run '{PathOf(parsed.CommandResult)} --help' for the usage.");
            return ExitCodes.Usage;
        }

        InvocationConfiguration configuration = new()
        {
            Output = context.Out,
            Error = context.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        int code = await parsed.InvokeAsync(configuration, cancellationToken);
        await context.Out.FlushAsync(CancellationToken.None);
        return code;
    }

    /// <summary>All commands.</summary>
    public static RootCommand Create(CliContext context)
    {
        CommandHost host = new(context);
        RootCommand root = new("Backs up and restores Kubernetes clusters: etcd, control-plane files and volumes.")
        {
            InitCommand.Create(host),
            JoinTokenCommand.Create(host),
            StatusCommand.Create(host),
            NodesCommand.Create(host),
            CoverageCommand.Create(host),
            CommandHost.Group("plan", "What is backed up, when.", PlanListCommand.Create(host), PlanShowCommand.Create(host), PlanRunCommand.Create(host)),
            CommandHost.Group(
                "run",
                "Executions of plans.",
                RunListCommand.Create(host), RunShowCommand.Create(host), RunWatchCommand.Create(host), RunCancelCommand.Create(host)),
            CommandHost.Group("point", "Restore points.", PointListCommand.Create(host), PointShowCommand.Create(host)),
            PinCommand.Create(host),
            UnpinCommand.Create(host),
            LsCommand.Create(host),
            FindCommand.Create(host),
            DownloadCommand.Create(host),
            CommandHost.Group(
                "restore",
                "Brings data back to nodes.",
                RestoreImpactCommand.Create(host),
                RestoreEtcdCommand.Create(host),
                RestoreEtcdDataCommand.Create(host),
                RestoreFilesCommand.Create(host),
                RestoreControlPlaneCommand.Create(host),
                RestoreListCommand.Create(host),
                RestoreShowCommand.Create(host),
                RestoreWatchCommand.Create(host),
                RestoreCancelCommand.Create(host)),
            DrillCommands.Create(host),
            CommandHost.Group("retention", "How long restore points are kept.", RetentionExplainCommand.Create(host)),
            PruneCommand.Create(host),
            CheckCommand.Create(host),
            Repairs(host),
            CopyCommand.Create(host),
            CommandHost.Group(
                "key",
                "Keys that open the repository.",
                KeyAddCommand.Create(host),
                KeyListCommand.Create(host),
                KeyRemoveCommand.Create(host),
                KeyRotateCommand.Create(host),
                KeyRotateDataCommand.Create(host),
                KeyTestCommand.Create(host),
                KeyNewRecoveryCommand.Create(host)),
            CommandHost.Group(
                "rescue",
                "Restores straight from the store, when there is no coordinator, no agent and no cluster.",
                RescuePointsCommand.Create(host),
                RescueShowCommand.Create(host),
                RescueLsCommand.Create(host),
                RescueEtcdCommand.Create(host),
                RescueFilesCommand.Create(host)),
            EtcdCommands.Create(host),
            AuthorityCommands.Create(host),
            CommandHost.Group("store", "Where backups are kept.", StoreValidateCommand.Create(host)),
            VersionCommand.Create(host),
        };
        host.Complete(root);
        return root;
    }

    private static Command Repairs(CommandHost host) => CommandHost.Group(
        "repair",
        "Repairs the repository, directly in the store.",
        RepairIndexCommand.Create(host),
        RepairSnapshotsCommand.Create(host),
        RepairPointsCommand.Create(host),
        RepairConfigCommand.Create(host));

    private static string PathOf(System.CommandLine.Parsing.CommandResult command) =>
        command.Parent is System.CommandLine.Parsing.CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : "k8sbackup";
}
