namespace K8sBackup.TestKit.ObjectStores;

/// <summary>What a fault rule does to the operation it matches.</summary>
public enum FaultKind
{
    /// <summary>The operation is not passed on; it fails with the rule's error.</summary>
    ErrorInstead = 1,

    /// <summary>The operation is passed on and takes effect, then fails with the rule's error.</summary>
    ErrorAfterApply = 2,

    /// <summary>Content that is read or written has one bit flipped at the rule's offset.</summary>
    Damage = 3,

    /// <summary>Content that is read or written ends at the rule's offset.</summary>
    Truncate = 4,

    /// <summary>The operation waits for the rule's delay on the decorator's clock, then is passed on.</summary>
    Delay = 5,
}
