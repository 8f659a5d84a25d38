namespace K8sBackup.TestKit.ObjectStores;

/// <summary>The operations a fault rule can match.</summary>
[Flags]
public enum StoreOperations
{
    None = 0,
    Put = 1,
    Get = 2,
    GetRange = 4,
    Head = 8,
    List = 16,
    Delete = 32,
    Swap = 64,
    GetVersioned = 128,

    /// <summary>Everything that changes the store.</summary>
    Writes = Put | Delete | Swap,

    /// <summary>Everything that returns content.</summary>
    Reads = Get | GetRange | GetVersioned,

    All = Writes | Reads | Head | List,
}
