namespace K8sBackup.Transport.Identity;

/// <summary>
/// The files of a directory with an authority, and with the next one while it takes over. A next authority is there when both its files are; they are
/// written key first, and take the former one's place key first, so that what a death left is told apart.
/// </summary>
public static class AuthorityFolder
{
    public const string Certificate = "ca.crt";
    public const string Key = "ca.key";
    public const string NextCertificate = "next.crt";
    public const string NextKey = "next.key";

    /// <summary>When the replacement began, and until when it lasts at least; or when it ended.</summary>
    public const string Mark = "rotation.json";

    /// <summary>All there may be.</summary>
    public static IReadOnlyList<string> Names { get; } = [Key, Certificate, NextKey, NextCertificate, Mark];

    /// <summary>Puts the next authority in the place of the former one, for good.</summary>
    public static void Promote(string directory)
    {
        File.Move(Path.Combine(directory, NextKey), Path.Combine(directory, Key), overwrite: true);
        File.Move(Path.Combine(directory, NextCertificate), Path.Combine(directory, Certificate), overwrite: true);
    }

    /// <summary>Finishes what a death interrupted.</summary>
    internal static void Recover(string directory)
    {
        string certificate = Path.Combine(directory, NextCertificate);
        string key = Path.Combine(directory, NextKey);
        if (File.Exists(certificate) && !File.Exists(key))
        {
            // In the middle of Promote: the key is there already.
            File.Move(certificate, Path.Combine(directory, Certificate), overwrite: true);
        }
        else if (!File.Exists(certificate) && File.Exists(key))
        {
            // Of a replacement that did not begin.
            File.Delete(key);
        }
    }
}
