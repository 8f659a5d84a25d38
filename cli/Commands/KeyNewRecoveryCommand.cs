using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Output;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Commands;

/// <summary>Makes a recovery key pair: the public half goes into a slot, the private half to a safe. Needs no store.</summary>
internal static class KeyNewRecoveryCommand
{
    internal static readonly View<InitPart> Parts = InitCommand.Parts;

    public static Command Create(CommandHost host)
    {
        Option<string> file = new("--out") { Description = "New file for the private half; the public half goes to FILE.pub.", HelpName = "FILE", Required = true };
        return host.Leaf(
            "new-recovery",
            "Makes a recovery key pair. Add its public half with 'key add --new-recovery-key', and keep the private half offline.",
            "k8sbackup key new-recovery --out /media/usb/recovery.key",
            (session, parsed, _) =>
            {
                string path = Path.GetFullPath(parsed.GetRequiredValue(file));
                string publicPath = path + ".pub";
                foreach (string taken in new[] { path, publicPath }.Where(Path.Exists))
                {
                    throw new BackupException(FailureCause.TargetUnusable, $"{taken} exists; name another file.");
                }

                using RecoveryPrivateKey key = RecoveryPrivateKey.Generate();
                KeyTextFile.WriteNew(path, key.Export());
                KeyTextFile.WriteNew(publicPath, key.PublicKey.Export());
                session.Output.List(Parts, [new InitPart("private half", path, true), new InitPart("public half", publicPath, true)], "");
                return Task.FromResult(ExitCodes.Ok);
            },
            file);
    }
}
