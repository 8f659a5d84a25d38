namespace K8sBackup.ObjectStore.Throttling;

/// <summary>The rates of one store; null where nothing is limited.</summary>
public sealed record StoreThrottle(ByteRate? Upload, ByteRate? Download)
{
    /// <summary>True when nothing is limited.</summary>
    public bool IsUnlimited => Upload is null && Download is null;
}
