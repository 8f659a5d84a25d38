using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>What is known of a node. Name and role come from its certificate; labels and version from its agent.</summary>
public sealed record NodeRecord
{
    public required string Name { get; init; }

    public required Role Role { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public string AgentVersion { get; init; } = "";

    /// <summary>Last message of its agent, to the minute after a restart of the coordinator.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    public required DateTimeOffset CertificateNotAfter { get; init; }

    /// <summary>Fingerprint of the authority that issued it; empty where that was not noted.</summary>
    public string IssuedBy { get; init; } = "";

    /// <summary>When the certificate it last connected with was issued; null where that was not noted.</summary>
    public DateTimeOffset? CertificateIssued { get; init; }
}
