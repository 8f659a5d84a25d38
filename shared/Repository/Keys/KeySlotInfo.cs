namespace K8sBackup.Repository.Keys;

/// <summary>One slot as listed; a damaged one is listed too, with what is wrong.</summary>
/// <param name="Id">Its name below <c>keys/</c>.</param>
/// <param name="Kind">What opens it; null when damaged.</param>
/// <param name="Label">What the operator called it.</param>
/// <param name="CreatedAt">When it was made; null when damaged.</param>
/// <param name="Damage">What is wrong; null when intact.</param>
public sealed record KeySlotInfo(string Id, KeySlotKind? Kind, string Label, DateTimeOffset? CreatedAt, RepositoryCorruptException? Damage)
{
    /// <summary>True for an intact slot that people can open without the cluster.</summary>
    public bool IsRecovery => Kind is KeySlotKind.Passphrase or KeySlotKind.RecoveryKey;
}
