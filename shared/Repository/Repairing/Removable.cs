namespace K8sBackup.Repository.Repairing;

/// <summary>Which damaged objects a repair may remove.</summary>
internal static class Removable
{
    /// <summary>
    /// True when the store gives the bytes out and they are not what was written: nothing can be read from them any more. False for what a
    /// newer program wrote, and for what the store may give out again when it is mended.
    /// </summary>
    public static bool IsLost(RepositoryCorruptException damage) => damage.Damage
        is RepositoryDamage.WrongLength
        or RepositoryDamage.Malformed
        or RepositoryDamage.NotAuthentic
        or RepositoryDamage.Misplaced;
}
