namespace K8sBackup.Model.Manifests;

/// <summary>A key that values of a snapshot are encrypted with, by the text in front of them.</summary>
/// <param name="Provider">aescbc, aesgcm, secretbox, kms, or what else stands there; empty when it cannot be read.</param>
/// <param name="Key">Name of the key, or of the KMS plug-in.</param>
/// <param name="Values">Live values under it.</param>
public sealed record EncryptionUse(string Provider, string Key, long Values)
{
    /// <summary>Most keys a manifest names.</summary>
    public const int KeysMax = 64;
}
