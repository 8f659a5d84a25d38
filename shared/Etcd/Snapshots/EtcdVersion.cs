using System.Globalization;

namespace K8sBackup.Etcd.Snapshots;

/// <summary>An etcd version as far as data formats depend on it.</summary>
/// <param name="Major">3 for every version this library knows.</param>
/// <param name="Minor">The minor version, for example 5.</param>
public readonly record struct EtcdVersion(int Major, int Minor) : IComparable<EtcdVersion>
{
    /// <summary>The oldest version read here: its databases name no version that could tell it from 3.3.</summary>
    public static EtcdVersion V34 => new(3, 4);

    /// <summary>First version that stores the raft term in the database.</summary>
    public static EtcdVersion V35 => new(3, 5);

    /// <summary>Reads "3.5", "3.5.21" or "v3.5.21-rc.0"; false when it is none of these.</summary>
    public static bool TryParse(string? text, out EtcdVersion version)
    {
        version = default;
        var parts = (text ?? string.Empty).TrimStart('v').Split('.');
        if (parts.Length < 2
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor))
        {
            return false;
        }

        version = new EtcdVersion(major, minor);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(EtcdVersion other) => Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    /// <summary>True when the left version is older.</summary>
    public static bool operator <(EtcdVersion left, EtcdVersion right) => left.CompareTo(right) < 0;

    /// <summary>True when the left version is newer.</summary>
    public static bool operator >(EtcdVersion left, EtcdVersion right) => left.CompareTo(right) > 0;

    /// <summary>True when the left version is not newer.</summary>
    public static bool operator <=(EtcdVersion left, EtcdVersion right) => left.CompareTo(right) <= 0;

    /// <summary>True when the left version is not older.</summary>
    public static bool operator >=(EtcdVersion left, EtcdVersion right) => left.CompareTo(right) >= 0;
}
