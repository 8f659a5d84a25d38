namespace K8sBackup.Repository.Format;

/// <summary>
/// What this program can read. A version changes the form of objects; a feature bit marks one object that a reader must understand more
/// for than its version says. Version 1 has no features, and there is no bit that may be ignored.
/// </summary>
internal static class FormatSupport
{
    private const int FeaturesKnown = 0;

    /// <exception cref="RepositoryCorruptException">Another program is needed to read the object, or it is damaged in these numbers.</exception>
    public static void Require(string objectName, int version, int features)
    {
        if (version > RepositoryLimits.FormatVersion)
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.UnsupportedVersion,
                objectName,
                $"has format version {version}, and this program knows up to {RepositoryLimits.FormatVersion}");
        }

        if (version == 0)
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, objectName, "has format version 0, which is none");
        }

        if ((features & ~FeaturesKnown) != 0)
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.UnsupportedVersion, objectName, $"uses the features 0x{features & ~FeaturesKnown:x4}, which this program does not know");
        }
    }
}
