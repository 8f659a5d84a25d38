using System.CommandLine;
using System.Runtime.CompilerServices;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Terminal;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Etcd.Client;

namespace K8sBackup.Cli.Inside;

/// <summary>Compares two snapshots, two revisions of one, or a snapshot with a running cluster's etcd.</summary>
internal static class EtcdDiffCommand
{
    public static Command Create(CommandHost host)
    {
        InsideOptions options = new();
        FilterOptions filters = new();
        LiveOptions live = new();
        Argument<string> before = InsideOptions.Snapshot("BEFORE");
        Argument<string?> after = new("AFTER")
        {
            Description = "What it is compared with: another snapshot file or restore point. Default: the first at --to-revision.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<long?> toRevision = new("--to-revision") { Description = "Look at this revision of what it is compared with. Default: the newest.", HelpName = "N" };
        return host.Leaf(
            "diff",
            "Shows which objects differ between two etcd snapshots, two revisions, or a snapshot and the live cluster.",
            "k8sbackup etcd diff 01k9a 01k9b -n shop\n"
            + "k8sbackup etcd diff ./snapshot.db --revision 4711 --to-revision 4800\n"
            + "k8sbackup etcd diff latest --live https://127.0.0.1:2379 --live-ca ca.crt --live-cert client.crt --live-key client.key",
            async (session, parsed, cancellationToken) =>
            {
                ObjectFilter filter = filters.Filter(parsed);
                string first = parsed.GetRequiredValue(before);
                using EtcdMemberClient? member = live.Open(parsed, parsed.GetValue(after), parsed.GetValue(toRevision), session.Context.Clock);
                using InsideSnapshot left = await options.OpenAsync(session, parsed, first, cancellationToken);
                using InsideSnapshot? right = parsed.GetValue(after) is { } second ? await options.OpenAsync(session, parsed, second, cancellationToken) : null;
                IKeySpace target = member is null ? (right ?? left).Database.At(parsed.GetValue(toRevision)) : new LiveKeySpace(member);
                IAsyncEnumerable<ObjectDifference> differences = CompareAsync(
                    options.At(left, parsed), target, filters.Range(parsed), (left, right ?? left), filter, cancellationToken);
                await session.Output.StreamAsync(
                    InsideViews.Difference, differences, found => session.Context.Out.WriteLine(Printable.Lines(Line(found))), cancellationToken);
                return right is { IsDamaged: true } ? right.ExitCode : left.ExitCode;
            },
            [before, after, toRevision, .. live.All, .. filters.All, .. options.All]);
    }

    private static async IAsyncEnumerable<ObjectDifference> CompareAsync(
        IKeySpace before,
        IKeySpace after,
        KeyRange range,
        (InsideSnapshot Before, InsideSnapshot After) readers,
        ObjectFilter filter,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (KeyDifference difference in KeySpaceDiff.CompareAsync(before, after, range, cancellationToken))
        {
            FoundObject? left = difference.Before is { } old ? FoundObject.Read(old, readers.Before.Decoder) : null;
            FoundObject? right = difference.After is { } come ? FoundObject.Read(come, readers.After.Decoder) : null;
            if ((left is not null && filter.Matches(left)) || (right is not null && filter.Matches(right)))
            {
                yield return new ObjectDifference(left, right);
            }
        }
    }

    private static string Line(ObjectDifference found)
    {
        char sign = found.Word switch
        {
            "Added" => '+',
            "Removed" => '-',
            _ => '~',
        };
        string fields = found.Fields.Count > 0 ? $"  {string.Join(", ", found.Fields)}" : "";
        return $"{sign} {InsideViews.Line(found.Either, isLong: false)}{fields}";
    }
}
