using System.Net;
using K8sBackup.ObjectStore.Opening;

namespace K8sBackup.Cli.Keys;

/// <summary>What <c>init</c> was asked for; all paths are absolute.</summary>
internal sealed record InitPlan
{
    public required string Cluster { get; init; }

    public required string State { get; init; }

    public required StoreOptions Store { get; init; }

    public required IPEndPoint Listen { get; init; }

    /// <summary>Names and addresses of the coordinator for its certificate; the first goes into the client configuration.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }

    public string? RecoveryOut { get; init; }

    public string? RecoveryPassphraseFile { get; init; }

    public required string OperatorFolder { get; init; }

    public required string OperatorName { get; init; }

    public string KeyFile => Path.Combine(State, "repository.key");

    public string Authority => Path.Combine(State, "ca");

    public string ConfigFile => Path.Combine(State, "coordinator.yaml");

    public string Plans => Path.Combine(State, "plans");

    public string ClientConfigFile => Path.Combine(OperatorFolder, "config.yaml");

    /// <summary>Where clients find the coordinator.</summary>
    public Uri Address
    {
        get
        {
            bool any = Listen.Address.Equals(IPAddress.Any) || Listen.Address.Equals(IPAddress.IPv6Any);
            string host = Hosts.Count > 0 ? Hosts[0] : any ? "localhost" : Listen.Address.ToString();
            return new UriBuilder(Uri.UriSchemeHttps, host, Listen.Port).Uri;
        }
    }
}
