using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Kubernetes.Impact;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Impact;

/// <summary>Shows what a restore of etcd would do. Changes nothing.</summary>
internal static class RestoreImpactCommand
{
    private const int NamesDefault = 1000;

    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        Option<string> source = new("--source") { Description = "Source, when the restore point has several etcds.", HelpName = "SOURCE", DefaultValueFactory = _ => "etcd" };
        Option<string> node = new("--node") { Description = "Node whose etcd is compared with. Default: the source's own.", HelpName = "NAME", DefaultValueFactory = _ => "" };
        Option<bool> names = new("--names") { Description = $"Name the objects, too: the first {NamesDefault}." };
        Option<string> kind = new("--kind") { Description = "Name objects of this kind only.", DefaultValueFactory = _ => "" };
        Option<string> inNamespace = new("--namespace", "-n") { Description = "Name objects of this namespace only.", DefaultValueFactory = _ => "" };
        Option<string> spool = new("--spool")
        {
            Description = "Directory for snapshots where the running etcd does not answer; they get no name there.",
            HelpName = "DIR",
            DefaultValueFactory = _ => Path.GetTempPath(),
        };
        return host.Leaf(
            "impact",
            "Shows what a restore of etcd would do: objects that vanish, return or change, nodes and volumes, expired certificates, version skew.",
            "k8sbackup restore impact latest --names --kind PersistentVolumeClaim",
            async (session, parsed, cancellationToken) =>
            {
                bool named = parsed.GetValue(names) || parsed.GetRequiredValue(kind).Length > 0 || parsed.GetRequiredValue(inNamespace).Length > 0;
                ImpactQuery query = new(named ? NamesDefault : 0, parsed.GetRequiredValue(kind), parsed.GetRequiredValue(inNamespace));
                RestorePoint found = await PointReference.GetUsableAsync(session, parsed.GetRequiredValue(point), cancellationToken);
                Snapshot snapshot = SourceReference.Parse(parsed.GetRequiredValue(source)).In(found);
                ImpactCall call = new(session, query, parsed.GetRequiredValue(spool));
                session.Output.One(ImpactViews.Impact, await call.RunAsync(found, snapshot, parsed.GetRequiredValue(node), cancellationToken));
                return ExitCodes.Ok;
            },
            point,
            source,
            node,
            names,
            kind,
            inNamespace,
            spool);
    }
}
