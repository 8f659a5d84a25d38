using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Surviving;

namespace K8sBackup.Cli.Inside;

/// <summary>The commands that look into etcd snapshots.</summary>
internal static class EtcdCommands
{
    public static Command Create(CommandHost host) => CommandHost.Group(
        "etcd",
        "Looks into etcd snapshots, without a cluster, and at what is left of an etcd.",
        EtcdLsCommand.Create(host),
        EtcdGetCommand.Create(host),
        EtcdHistoryCommand.Create(host),
        EtcdDiffCommand.Create(host),
        EtcdExportCommand.Create(host),
        EtcdSaveCommand.Create(host),
        EtcdSurvivorsCommand.Create(host),
        EtcdSalvageCommand.Create(host));
}
