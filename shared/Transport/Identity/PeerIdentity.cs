using System.Diagnostics.CodeAnalysis;
using K8sBackup.Model.Ids;

namespace K8sBackup.Transport.Identity;

/// <summary>
/// Who a certificate speaks for, as the URI <c>spiffe://cluster/role/name</c> in its subject alternative name.
/// </summary>
public sealed record PeerIdentity(string Cluster, Role Role, string Name)
{
    private const string Scheme = "spiffe://";

    /// <summary>True for the two kinds of agent.</summary>
    public bool IsAgent => Role is Role.ControlPlane or Role.Worker;

    /// <summary>The URI.</summary>
    public string ToUri() => $"{Scheme}{Cluster}/{RoleName(Role)}/{Name}";

    /// <summary>Reads the URI; false when it is none of ours.</summary>
    public static bool TryParse(string? uri, [NotNullWhen(true)] out PeerIdentity? identity)
    {
        identity = null;
        if (uri is null || !uri.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        string[] parts = uri[Scheme.Length..].Split('/');
        if (parts.Length != 3 || !SourceKey.IsName(parts[0]) || !SourceKey.IsName(parts[2]) || ParseRole(parts[1]) is not { } role)
        {
            return false;
        }

        identity = new PeerIdentity(parts[0], role, parts[2]);
        return true;
    }

    /// <summary>The word for a role in URIs, CLI and configuration.</summary>
    public static string RoleName(Role role) => role switch
    {
        Role.ControlPlane => "control-plane",
        Role.Worker => "worker",
        Role.Operator => "operator",
        Role.Coordinator => "coordinator",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "Unknown role."),
    };

    /// <summary>The role of that word, null when there is none.</summary>
    public static Role? ParseRole(string? word) => word switch
    {
        "control-plane" => Role.ControlPlane,
        "worker" => Role.Worker,
        "operator" => Role.Operator,
        "coordinator" => Role.Coordinator,
        _ => null,
    };

    public override string ToString() => ToUri();
}
