using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Format;

/// <summary>Where every object of a repository is.</summary>
internal static class ObjectNames
{
    public const string Config = "config";
    public const string State = "state";
    public const string KeysPrefix = "keys/";
    public const string EpochsPrefix = "epochs/";
    public const string PacksPrefix = "packs/";
    public const string IndexPrefix = "index/";
    public const string CoveragePrefix = "coverage/";
    public const string LossesPrefix = "losses/";
    public const string SnapshotsPrefix = "snapshots/";
    public const string RestorePointsPrefix = "restore-points/";
    public const string PinsPrefix = "pins/";
    public const string DrillsPrefix = "drills/";
    public const string TombstonesPrefix = "tombstones/";

    /// <summary>Identity of an object whose name is no random number: part of the digest of the name.</summary>
    public static ObjectId IdOf(string name) =>
        ObjectId.Read(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(name)));

    public static string Key(ObjectId id) => $"{KeysPrefix}{id}";

    public static string Epoch(uint epoch) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{EpochsPrefix}{epoch:x8}");

    /// <summary>Packs are spread over 256 prefixes, because stores limit the request rate per prefix.</summary>
    public static string Pack(ObjectId id)
    {
        string text = id.ToString();
        return $"{PacksPrefix}{text.AsSpan(0, 2)}/{text}";
    }

    public static string Index(ObjectId id) => $"{IndexPrefix}{id}";

    public static string Snapshot(SnapshotId id) => $"{SnapshotsPrefix}{id}";

    public static string RestorePoint(RestorePointId id) => $"{RestorePointsPrefix}{id}";

    public static string Pin(RestorePointId id) => $"{PinsPrefix}{id}";

    public static string Drill(SnapshotId snapshot, DrillId drill) => $"{DrillsPrefix}{snapshot}/{drill}";

    public static string Tombstone(ObjectId id) => $"{TombstonesPrefix}{id}";

    public static bool TryParseEpoch(string name, out uint epoch)
    {
        epoch = 0;
        return name.StartsWith(EpochsPrefix, StringComparison.Ordinal)
            && uint.TryParse(
                name.AsSpan(EpochsPrefix.Length),
                System.Globalization.NumberStyles.AllowHexSpecifier,
                System.Globalization.CultureInfo.InvariantCulture,
                out epoch)
            && Epoch(epoch) == name;
    }

    public static bool TryParseTombstone(string name, out ObjectId id)
    {
        id = default;
        return name.StartsWith(TombstonesPrefix, StringComparison.Ordinal) && ObjectId.TryParse(name.AsSpan(TombstonesPrefix.Length), out id);
    }

    public static bool TryParsePack(string name, out ObjectId id)
    {
        id = default;
        return name.StartsWith(PacksPrefix, StringComparison.Ordinal)
            && ObjectId.TryParse(name.AsSpan(name.LastIndexOf('/') + 1), out id)
            && Pack(id) == name;
    }

    public static bool TryParseIndex(string name, out ObjectId id)
    {
        id = default;
        return name.StartsWith(IndexPrefix, StringComparison.Ordinal) && ObjectId.TryParse(name.AsSpan(IndexPrefix.Length), out id);
    }

    public static bool TryParseKey(string name, out ObjectId id)
    {
        id = default;
        return name.StartsWith(KeysPrefix, StringComparison.Ordinal) && ObjectId.TryParse(name.AsSpan(KeysPrefix.Length), out id);
    }
}
