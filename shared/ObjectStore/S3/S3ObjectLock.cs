namespace K8sBackup.ObjectStore.S3;

/// <summary>Retention of new objects: until when nobody may delete them.</summary>
/// <param name="Mode">Who may lift it.</param>
/// <param name="Period">How long from the moment of writing.</param>
public sealed record S3ObjectLock(S3LockMode Mode, TimeSpan Period);
