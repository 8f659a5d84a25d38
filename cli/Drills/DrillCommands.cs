using System.CommandLine;
using K8sBackup.Cli.Commands;

namespace K8sBackup.Cli.Drills;

/// <summary>The commands about rehearsed restores.</summary>
internal static class DrillCommands
{
    public static Command Create(CommandHost host) => CommandHost.Group(
        "drill",
        "Rehearsed restores: proof that restore points come back, and how long it takes.",
        DrillRunCommand.Create(host),
        DrillListCommand.Create(host),
        DrillShowCommand.Create(host),
        DrillCancelCommand.Create(host));
}
