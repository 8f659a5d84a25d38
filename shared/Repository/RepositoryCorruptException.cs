using K8sBackup.Model.Ids;

namespace K8sBackup.Repository;

/// <summary>Something in the store is damaged, missing, forged or in the wrong place. Always permanent: the store must change first.</summary>
public sealed class RepositoryCorruptException : Exception
{
    /// <param name="damage">The cause programs act on.</param>
    /// <param name="objectName">The object concerned.</param>
    /// <param name="detail">What is wrong with it, in words.</param>
    /// <param name="chunk">The chunk that cannot be had because of it, when one was asked for.</param>
    /// <param name="inner">The cause underneath.</param>
    public RepositoryCorruptException(
        RepositoryDamage damage, string objectName, string detail, ChunkId? chunk = null, Exception? inner = null)
        : base($"{objectName}: {detail}{(chunk is null ? "" : $", needed for chunk {chunk}")} ({damage})", inner)
    {
        Damage = damage;
        ObjectName = objectName;
        Detail = detail;
        Chunk = chunk;
    }

    /// <summary>What kind of damage it is.</summary>
    public RepositoryDamage Damage { get; }

    /// <summary>The object that is damaged or missing.</summary>
    public string ObjectName { get; }

    /// <summary>What is wrong with the object, in words.</summary>
    public string Detail { get; }

    /// <summary>The chunk that was asked for, if any.</summary>
    public ChunkId? Chunk { get; }

    /// <summary>Always true.</summary>
    public bool IsPermanent { get; } = true;
}
