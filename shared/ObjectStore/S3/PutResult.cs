namespace K8sBackup.ObjectStore.S3;

/// <summary>What the endpoint said about a write.</summary>
/// <param name="Tag">Entity tag without quotes; empty when it sent none.</param>
/// <param name="VersionId">Version in a versioned bucket, else null.</param>
internal sealed record PutResult(string Tag, string? VersionId);
