using System.Net;

namespace K8sBackup.TestKit.Certificates;

/// <summary>What a test wants to stand in a leaf certificate. The usages are client and server authentication unless restricted.</summary>
public sealed record TestCertificate
{
    /// <summary>The subject's common name.</summary>
    public required string CommonName { get; init; }

    /// <summary>The subject's organisations, in order; Kubernetes reads them as groups.</summary>
    public IReadOnlyList<string> Organizations { get; init; } = [];

    /// <summary>DNS subject alternative names.</summary>
    public IReadOnlyList<string> DnsNames { get; init; } = [];

    /// <summary>IP subject alternative names.</summary>
    public IReadOnlyList<IPAddress> IpAddresses { get; init; } = [];

    /// <summary>URI subject alternative names, such as <c>spiffe://cluster/worker/node-1</c>.</summary>
    public IReadOnlyList<Uri> Uris { get; init; } = [];

    /// <summary>Whether the certificate may be used by a TLS server.</summary>
    public bool ServerAuthentication { get; init; } = true;

    /// <summary>Whether the certificate may be used by a TLS client.</summary>
    public bool ClientAuthentication { get; init; } = true;

    /// <summary>Start of validity; an hour ago when null.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>End of validity; a day from now when null.</summary>
    public DateTimeOffset? NotAfter { get; init; }
}
