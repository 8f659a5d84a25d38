using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Inside;

/// <summary>Shows one object of a snapshot.</summary>
internal static class EtcdGetCommand
{
    public static Command Create(CommandHost host)
    {
        InsideOptions options = new();
        Argument<string> snapshot = InsideOptions.Snapshot();
        Argument<string> wanted = ObjectReference.Argument();
        Option<string?> space = ObjectReference.NamespaceOption();
        Option<bool> raw = new("--raw") { Description = "The bytes as stored, to a file or another program." };
        Option<bool> managed = new("--show-managed-fields") { Description = "Keep metadata.managedFields." };
        return host.Leaf(
            "get",
            "Shows one object of an etcd snapshot. Secrets are masked, and what is not understood is shown as it is stored.",
            "k8sbackup etcd get latest configmaps/kube-system/coredns\n"
            + "k8sbackup etcd get ./snapshot.db /registry/secrets/shop/db --encryption-config config.yaml --show-secrets",
            async (session, parsed, cancellationToken) =>
            {
                if (parsed.GetValue(raw) && (session.Context.OutIsTerminal || session.Output.IsDocument))
                {
                    throw new BackupException(FailureCause.InvalidRequest, "Stored bytes do not go to a terminal or into a document; send standard output on without --output.");
                }

                ObjectReference reference = ObjectReference.Parse(parsed.GetRequiredValue(wanted), parsed.GetValue(space));
                using InsideSnapshot inside = await options.OpenAsync(session, parsed, parsed.GetRequiredValue(snapshot), cancellationToken);
                FoundObject found = await reference.FindAsync(options.At(inside, parsed), inside.Decoder, cancellationToken);
                if (parsed.GetValue(raw))
                {
                    await WriteAsync(session, found, inside.ShowsSecrets, cancellationToken);
                    return inside.ExitCode;
                }

                ShownObject shown = new(found, inside.ShowsSecrets, parsed.GetValue(managed));
                if (session.Output.IsDocument)
                {
                    session.Output.One(InsideViews.Shown, shown);
                }
                else
                {
                    session.Context.Out.Write(shown.ToText());
                }

                return inside.ExitCode;
            },
            [snapshot, wanted, space, raw, managed, .. options.All]);
    }

    private static async Task WriteAsync(CommandSession session, FoundObject found, bool showsSecrets, CancellationToken cancellationToken)
    {
        if (found.HidesStoredBytes && !showsSecrets)
        {
            throw new BackupException(FailureCause.InvalidRequest, "The stored bytes of a Secret show its values; add --show-secrets.");
        }

        await using Stream output = session.Context.OpenBinaryOut();
        await output.WriteAsync(found.Record.Value, cancellationToken);
    }
}
