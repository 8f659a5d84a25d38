namespace K8sBackup.Repository.Index;

/// <summary>What is to become of an indexed pack.</summary>
internal struct PackState
{
    /// <summary>When it was condemned, in the writer's order of events; 0 while it is not.</summary>
    public long CondemnedAt;

    /// <summary>It is damaged or lost: what it holds is better found elsewhere, and is stored again.</summary>
    public bool Distrusted;

    /// <summary>It is not in the store any more: nothing is found in it.</summary>
    public bool Dropped;
}
