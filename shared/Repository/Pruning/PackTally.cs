namespace K8sBackup.Repository.Pruning;

/// <summary>A number of packs and their bytes.</summary>
public readonly record struct PackTally(long Packs, long Bytes)
{
    public static PackTally operator +(PackTally left, PackTally right) => new(left.Packs + right.Packs, left.Bytes + right.Bytes);

    public PackTally Add(long bytes) => new(Packs + 1, Bytes + bytes);
}
