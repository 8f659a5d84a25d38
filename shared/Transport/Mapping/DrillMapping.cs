using Google.Protobuf.WellKnownTypes;
using K8sBackup.Model.Drills;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Mapping;

/// <summary>Rehearsed restores on the wire.</summary>
public static class DrillMapping
{
    // A year; what a peer says took longer, or less than nothing, is no duration.
    private static readonly TimeSpan DurationMax = TimeSpan.FromDays(366);

    /// <summary>A record of the store.</summary>
    public static Wire.Drill ToWire(DrillRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new Wire.Drill
        {
            Id = record.Id.ToString(),
            PointId = record.Point.ToString(),
            SnapshotId = record.Snapshot.ToString(),
            Source = SourceMapping.ToWire(record.Source),
            Node = record.Node,
            State = record.Passed ? Wire.DrillState.Passed : Wire.DrillState.Failed,
            StartedBy = record.StartedBy,
            Interval = new Wire.Interval
            {
                StartedAt = Timestamp.FromDateTimeOffset(record.BeganAt),
                FinishedAt = Timestamp.FromDateTimeOffset(record.EndedAt),
            },
            Reason = record.Reason,
            Etcd = record.Etcd is { } etcd ? ToWire(etcd) : null,
            Files = record.Files is { } files ? ToWire(files) : null,
        };
    }

    public static Wire.EtcdDrillResult ToWire(EtcdDrill drill)
    {
        ArgumentNullException.ThrowIfNull(drill);
        return new Wire.EtcdDrillResult
        {
            Revision = drill.Revision,
            HashKv = drill.HashKv,
            Keys = drill.Keys,
            KeysRead = drill.KeysRead,
            DatabaseBytes = drill.DatabaseBytes,
            ServerVersion = drill.ServerVersion,
            BinaryOrigin = drill.BinaryOrigin,
            NotIsolatedBecause = drill.NotIsolatedBecause,
            Downloading = Duration.FromTimeSpan(drill.Downloading),
            Building = Duration.FromTimeSpan(drill.Building),
            Starting = Duration.FromTimeSpan(drill.Starting),
            Proving = Duration.FromTimeSpan(drill.Proving),
            TimeToRecover = Duration.FromTimeSpan(drill.TimeToRecover),
        };
    }

    public static Wire.FilesDrillResult ToWire(FilesDrill drill)
    {
        ArgumentNullException.ThrowIfNull(drill);
        return new Wire.FilesDrillResult
        {
            Files = drill.Files,
            Bytes = drill.Bytes,
            FilesInSnapshot = drill.FilesInSnapshot,
            Restoring = Duration.FromTimeSpan(drill.Restoring),
            Comparing = Duration.FromTimeSpan(drill.Comparing),
        };
    }

    /// <summary>What an agent reported; texts cut to what a record may have.</summary>
    public static EtcdDrill? ToModel(Wire.EtcdDrillResult? wire) => wire is null ? null : new EtcdDrill
    {
        Revision = wire.Revision,
        HashKv = wire.HashKv,
        Keys = wire.Keys,
        KeysRead = wire.KeysRead,
        DatabaseBytes = wire.DatabaseBytes,
        ServerVersion = Cut(wire.ServerVersion, 64),
        BinaryOrigin = Cut(wire.BinaryOrigin, 256),
        NotIsolatedBecause = Cut(wire.NotIsolatedBecause, 256),
        Downloading = Time(wire.Downloading),
        Building = Time(wire.Building),
        Starting = Time(wire.Starting),
        Proving = Time(wire.Proving),
    };

    /// <summary>What an agent reported.</summary>
    public static FilesDrill? ToModel(Wire.FilesDrillResult? wire) => wire is null ? null : new FilesDrill
    {
        Files = wire.Files,
        Bytes = wire.Bytes,
        FilesInSnapshot = wire.FilesInSnapshot,
        Restoring = Time(wire.Restoring),
        Comparing = Time(wire.Comparing),
    };

    /// <summary>A text of at most so many characters.</summary>
    public static string Cut(string text, int lengthMax)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= lengthMax ? text : text[..lengthMax];
    }

    private static TimeSpan Time(Duration? wire) =>
        wire is null || wire.Seconds < 0 || wire.Nanos < 0 || wire.Seconds > DurationMax.TotalSeconds ? TimeSpan.Zero : wire.ToTimeSpan();
}
