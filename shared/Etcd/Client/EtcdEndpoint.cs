namespace K8sBackup.Etcd.Client;

/// <summary>How to reach one member.</summary>
public sealed record EtcdEndpoint
{
    /// <summary>Client URL, http or https.</summary>
    public required Uri Address { get; init; }

    /// <summary>PEM file of the authority that signed the member's certificate; needed for https.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>PEM file of the client certificate, when the member asks for one.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of its key.</summary>
    public string? KeyFile { get; init; }
}
