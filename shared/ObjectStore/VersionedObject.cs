namespace K8sBackup.ObjectStore;

/// <summary>An object's content together with the version it has.</summary>
public sealed record VersionedObject(byte[] Content, ObjectVersion Version);
