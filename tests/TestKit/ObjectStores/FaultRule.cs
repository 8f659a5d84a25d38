using K8sBackup.ObjectStore;

namespace K8sBackup.TestKit.ObjectStores;

/// <summary>One fault, described by data. A rule applies to matching operations number <c>Skip + 1</c> to <c>Skip + Count</c>.</summary>
public sealed record FaultRule
{
    public required FaultKind Kind { get; init; }

    /// <summary>Operations it matches.</summary>
    public StoreOperations Operations { get; init; } = StoreOperations.All;

    /// <summary>Names it matches.</summary>
    public string NamePrefix { get; init; } = "";

    /// <summary>Matching operations that pass before the first fault.</summary>
    public long Skip { get; init; }

    /// <summary>How many operations get the fault; the default is every one from then on, as of a store that stopped.</summary>
    public long Count { get; init; } = long.MaxValue;

    public ObjectStoreError Error { get; init; } = ObjectStoreError.Unavailable;

    /// <summary>Byte that is damaged, or length that is left; counted from the end when negative.</summary>
    public long Offset { get; init; }

    public TimeSpan Delay { get; init; }
}
