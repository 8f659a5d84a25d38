namespace K8sBackup.Repository.Pruning;

/// <summary>What marking says about a pack.</summary>
internal enum PackFate
{
    /// <summary>It stays until more is known.</summary>
    Unknown = 0,

    /// <summary>A manifest needs some of its chunks.</summary>
    Needed = 1,

    /// <summary>Nobody needs it.</summary>
    Free = 2,
}
