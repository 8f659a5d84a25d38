namespace K8sBackup.Model.Manifests;

/// <summary>A key that a captured encryption configuration has, or a KMS it names. Never the key itself.</summary>
/// <param name="Provider">aescbc, aesgcm, secretbox or kms.</param>
/// <param name="Name">Name of the key, or of the KMS plug-in.</param>
public sealed record EncryptionKeyName(string Provider, string Name);
