using System.CommandLine;
using K8sBackup.Etcd.Client;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Inside;

/// <summary>How a running etcd is reached, to compare a snapshot with it. It is only read.</summary>
internal sealed class LiveOptions
{
    private readonly Option<string?> _address = new("--live") { Description = "Compare with the etcd at this client URL.", HelpName = "URL" };

    private readonly Option<string?> _authority = new("--live-ca") { Description = "PEM file of the authority that vouches for it.", HelpName = "FILE" };

    private readonly Option<string?> _certificate = new("--live-cert") { Description = "PEM file of a client certificate it accepts.", HelpName = "FILE" };

    private readonly Option<string?> _key = new("--live-key") { Description = "PEM file of that certificate's key.", HelpName = "FILE" };

    public IEnumerable<Symbol> All => [_address, _authority, _certificate, _key];

    /// <summary>A client of the member; null when none is named.</summary>
    /// <exception cref="BackupException">The options contradict each other, or miss something.</exception>
    public EtcdMemberClient? Open(ParseResult parsed, string? after, long? toRevision, TimeProvider clock)
    {
        if (parsed.GetValue(_address) is not { } text)
        {
            return null;
        }

        if (after is not null || toRevision is not null)
        {
            throw Invalid("--live takes the place of a second snapshot and of --to-revision.");
        }

        bool isAddress = Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https";
        if (!isAddress)
        {
            throw Invalid($"--live takes an address such as https://10.0.0.1:2379, not '{text}'.");
        }

        EtcdEndpoint endpoint = new()
        {
            Address = address!,
            AuthorityFile = parsed.GetValue(_authority),
            CertificateFile = parsed.GetValue(_certificate),
            KeyFile = parsed.GetValue(_key),
        };
        if (address!.Scheme == "https" && endpoint.AuthorityFile is null)
        {
            throw Invalid("An https address needs --live-ca.");
        }

        return endpoint.CertificateFile is null == endpoint.KeyFile is null
            ? EtcdMemberClient.Create(endpoint, new EtcdClientOptions(), clock)
            : throw Invalid("--live-cert and --live-key go together.");
    }

    private static BackupException Invalid(string message) => new(FailureCause.InvalidRequest, message);
}
