using System.CommandLine;
using System.Net;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Output;
using K8sBackup.Cli.Stores;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Commands;

/// <summary>Sets up a coordinator on this machine; never overwrites anything.</summary>
internal static class InitCommand
{
    private const string DefaultListen = "0.0.0.0:7443";

    internal static readonly View<InitPart> Parts = new View<InitPart>()
        .Text("what", "What", p => p.What)
        .Text("state", "State", p => p.WasMade ? "made" : "exists")
        .Text("place", "Place", p => p.Place);

    public static Command Create(CommandHost host)
    {
        Option<string> cluster = new("--cluster") { Description = "Name of the cluster: part of every identity.", HelpName = "NAME", Required = true };
        Option<string> state = new("--state") { Description = "Directory for the coordinator's own files.", HelpName = "DIR", Required = true };
        StoreArguments store = new();
        Option<string> listen = new("--listen") { Description = "Where the coordinator will listen.", HelpName = "IP:PORT", DefaultValueFactory = _ => DefaultListen };
        Option<string[]> hosts = new("--host") { Description = "Name or address of the coordinator's machine; may be given several times. Clients use the first.", HelpName = "NAME", DefaultValueFactory = _ => [] };
        Option<string?> recoveryOut = new("--recovery-out") { Description = "New file for a generated recovery passphrase.", HelpName = "FILE" };
        Option<string?> recoveryIn = new("--recovery-passphrase-file") { Description = "File whose first line is your own recovery passphrase.", HelpName = "FILE" };
        Option<string?> operatorDir = new("--operator-dir") { Description = "Directory for the operator's identity and client configuration. Default: ~/.k8sbackup.", HelpName = "DIR" };
        Option<string> operatorName = new("--operator-name") { Description = "Name in the operator's certificate and in the audit log.", HelpName = "NAME", DefaultValueFactory = _ => "admin" };
        return host.Leaf(
            "init",
            "Makes a repository, the coordinator's certificate authority and configuration, and an operator's certificate.",
            "k8sbackup init --cluster prod --state /var/lib/k8sbackup --store /srv/backup --host backup.example --recovery-out /media/usb/recovery.txt",
            async (session, parsed, cancellationToken) =>
            {
                InitPlan plan = new()
                {
                    Cluster = Name(parsed.GetRequiredValue(cluster), "cluster"),
                    State = Path.GetFullPath(parsed.GetRequiredValue(state)),
                    Store = store.Options(parsed),
                    Listen = EndPoint(parsed.GetValue(listen)!),
                    Hosts = [.. (parsed.GetValue(hosts) ?? []).Select(Host)],
                    RecoveryOut = parsed.GetValue(recoveryOut),
                    RecoveryPassphraseFile = parsed.GetValue(recoveryIn),
                    OperatorFolder = Path.GetFullPath(parsed.GetValue(operatorDir) ?? Path.Combine(session.Context.Variable("HOME") ?? "/", ".k8sbackup")),
                    OperatorName = Name(parsed.GetValue(operatorName)!, "operator name"),
                };
                if (plan.RecoveryOut is not null && plan.RecoveryPassphraseFile is not null)
                {
                    throw new BackupException(FailureCause.InvalidRequest, "Give either --recovery-out or --recovery-passphrase-file, not both.");
                }

                session.Output.List(Parts, await new Initialization(plan, session.Context).RunAsync(cancellationToken), "");
                session.Context.Error.WriteLine($"Next: k8sbackup-coordinator --config {plan.ConfigFile}");
                return ExitCodes.Ok;
            },
            [cluster, state, .. store.All, listen, hosts, recoveryOut, recoveryIn, operatorDir, operatorName]);
    }

    private static string Name(string text, string what) => SourceKey.IsName(text)
        ? text
        : throw new BackupException(FailureCause.InvalidRequest, $"'{text}' is not usable as a {what}: lower-case letters, digits, '-', '_' and '.' are, beginning and ending with a letter or digit.");

    private static string Host(string text) => Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
        ? text
        : throw new BackupException(FailureCause.InvalidRequest, $"'{text}' is no host name or address.");

    private static IPEndPoint EndPoint(string text) => IPEndPoint.TryParse(text, out IPEndPoint? endpoint) && endpoint.Port > 0
        ? endpoint
        : throw new BackupException(FailureCause.InvalidRequest, $"--listen takes an IP address and a port, such as {DefaultListen}, not '{text}'.");
}
