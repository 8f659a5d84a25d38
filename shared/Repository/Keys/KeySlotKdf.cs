namespace K8sBackup.Repository.Keys;

/// <summary>How a slot's wrapping key is derived. The numbers are stored; a new way gets a new number.</summary>
internal enum KeySlotKdf
{
    /// <summary>HKDF-SHA-256 from 32 random bytes.</summary>
    Hkdf = 1,

    /// <summary>PBKDF2-HMAC-SHA-512 from a passphrase.</summary>
    Pbkdf2Sha512 = 2,

    /// <summary>ECDH on P-256 with an ephemeral key, then HKDF-SHA-256.</summary>
    EcdhP256Hkdf = 3,
}
