using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Enrolment;

/// <summary>What is kept of a join token: never the secret.</summary>
/// <param name="SecretHash">SHA-256 of the secret.</param>
/// <param name="Role">Role the token gives.</param>
/// <param name="Node">Node it is for; empty for any.</param>
/// <param name="ExpiresAt">End of its life.</param>
/// <param name="UsedByKey">SHA-256 of the public key that used it, null before.</param>
/// <param name="UsedByNode">Node that used it, null before.</param>
public sealed record JoinTokenRecord(
    byte[] SecretHash,
    Role Role,
    string Node,
    DateTimeOffset ExpiresAt,
    byte[]? UsedByKey,
    string? UsedByNode);
