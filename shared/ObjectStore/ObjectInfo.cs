namespace K8sBackup.ObjectStore;

/// <summary>What a store knows about an object without reading it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="ModifiedAt">When the store says it was written: for display only, because stores' clocks decide nothing.</param>
public sealed record ObjectInfo(string Name, long Length, DateTimeOffset ModifiedAt);
