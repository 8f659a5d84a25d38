namespace K8sBackup.Repository.Keys;

/// <summary>What a slot said to the credentials it was tried with.</summary>
public enum SlotTestResult
{
    /// <summary>There was no credential of its kind, or it is damaged.</summary>
    Untried = 0,

    /// <summary>It gives the repository's keys, all of them.</summary>
    Opens = 1,

    /// <summary>No credential of its kind opens it.</summary>
    DoesNotOpen = 2,

    /// <summary>It opens and lacks the data key the repository uses now.</summary>
    Outdated = 3,
}
