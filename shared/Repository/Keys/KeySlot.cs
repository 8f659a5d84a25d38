using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Keys;

/// <summary>One wrapped copy of the master keys, as stored under <c>keys/</c>.</summary>
internal sealed record KeySlot
{
    public const int SaltBytes = 32;
    public const int FingerprintBytes = 16;

    /// <summary>Format version it was written in: kept as read, because the wrapping authenticates it.</summary>
    public int Version { get; init; } = RepositoryLimits.FormatVersion;

    public required ObjectId Id { get; init; }

    public required RepositoryId Repository { get; init; }

    public required KeySlotKind Kind { get; init; }

    public required KeySlotKdf Kdf { get; init; }

    /// <summary>Rounds of PBKDF2; 0 for the others.</summary>
    public int Iterations { get; init; }

    public required byte[] Salt { get; init; }

    /// <summary>Tells which key file or key pair opens the slot; zeros for a passphrase, about which nothing may be told.</summary>
    public byte[] Fingerprint { get; init; } = new byte[FingerprintBytes];

    public required string Label { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Uncompressed ephemeral point of an ECDH slot; empty for the others.</summary>
    public byte[] EphemeralKey { get; init; } = [];

    /// <summary>AES-256-GCM of the master keys, tag last; the nonce is zero because the wrapping key is used once.</summary>
    public byte[] Wrapped { get; init; } = [];
}
