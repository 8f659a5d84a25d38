using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Terminal;

namespace K8sBackup.Cli.Inside;

/// <summary>Lists the objects of a snapshot, as they are read.</summary>
internal static class EtcdLsCommand
{
    public static Command Create(CommandHost host)
    {
        InsideOptions options = new();
        FilterOptions filters = new();
        Argument<string> snapshot = InsideOptions.Snapshot();
        Option<bool> isLong = new("--long") { Description = "Revisions, sizes, keys and what is not understood, too." };
        return host.Leaf(
            "ls",
            "Lists the objects in an etcd snapshot, at any revision it still has.",
            "k8sbackup etcd ls latest --kind Deployment -n shop\n"
            + "k8sbackup etcd ls ./snapshot.db --prefix /registry/secrets/ --revision 4711 --long",
            async (session, parsed, cancellationToken) =>
            {
                ObjectFilter filter = filters.Filter(parsed);
                using InsideSnapshot inside = await options.OpenAsync(session, parsed, parsed.GetRequiredValue(snapshot), cancellationToken);
                bool detailed = parsed.GetValue(isLong);
                await session.Output.StreamAsync(
                    InsideViews.Listed,
                    ObjectList.ReadAsync(options.At(inside, parsed), filters.Range(parsed), inside.Decoder, filter, cancellationToken),
                    found => session.Context.Out.WriteLine(Printable.Lines(InsideViews.Line(found, detailed))),
                    cancellationToken);
                return inside.ExitCode;
            },
            [snapshot, .. filters.All, isLong, .. options.All]);
    }
}
