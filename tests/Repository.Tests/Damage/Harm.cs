namespace K8sBackup.Repository.Tests.Damage;

/// <summary>What may happen to an object in a store.</summary>
public enum Harm
{
    Unspecified = 0,
    Flip,
    Truncate,
    Empty,
    Remove,
    Swap,
}
