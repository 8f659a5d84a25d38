namespace K8sBackup.ObjectStore;

/// <summary>Opaque version of an object, given by the store (an entity tag, for example). Equal versions mean equal content.</summary>
public readonly record struct ObjectVersion(string Tag);
