namespace K8sBackup.Repository;

/// <summary>Names one repository for ever: 16 random bytes, in text 32 lower-case hexadecimal digits.</summary>
public readonly record struct RepositoryId(UInt128 Value)
{
    /// <summary>Length in bytes.</summary>
    public const int Bytes = 16;

    /// <summary>Makes a new id.</summary>
    public static RepositoryId Create() => new(Format.ObjectId.Create().Value);

    public override string ToString() => Value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
