namespace K8sBackup.Repository.Reading;

/// <summary>In which form chunks are wanted, and in whose memory.</summary>
public sealed record ReadForm
{
    /// <summary>Plaintext, hashed, in memory of its own.</summary>
    public static readonly ReadForm Plaintext = new();

    /// <summary>
    /// True to get what is authentic as it is stored: a chunk that is alone in its frame stays compressed, and none is hashed. Only for
    /// who passes them on to somebody that decompresses and hashes them.
    /// </summary>
    public bool AsStored { get; init; }

    /// <summary>Gives memory for the chunks that are handed out. Called from several threads.</summary>
    public Func<int, Memory<byte>> Memory { get; init; } = static bytes => GC.AllocateUninitializedArray<byte>(bytes);
}
