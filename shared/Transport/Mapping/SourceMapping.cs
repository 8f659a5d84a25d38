using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Mapping;

/// <summary>Sources, outcomes, failures and progress on the wire.</summary>
public static class SourceMapping
{
    public static Wire.SourceKey ToWire(SourceKey source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new Wire.SourceKey { Node = source.Node, Kind = (Wire.SourceKind)(int)source.Kind, Name = source.Name };
    }

    /// <summary>The source named.</summary>
    /// <exception cref="InvalidDataException">It is missing, of no known kind or has an unusable name.</exception>
    public static SourceKey ToModel(Wire.SourceKey? wire)
    {
        bool valid = wire is not null
            && wire.Kind is Wire.SourceKind.Etcd or Wire.SourceKind.ControlPlaneFiles or Wire.SourceKind.Volume
            && SourceKey.IsName(wire.Node)
            && SourceKey.IsName(wire.Name);
        return valid
            ? new SourceKey(wire!.Node, (SourceKind)(int)wire.Kind, wire.Name)
            : throw new InvalidDataException("The message names no valid source.");
    }

    public static Wire.Failure ToWire(Failure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return new Wire.Failure { Node = failure.Node, Source = failure.Source, Cause = failure.Cause.ToString(), Message = failure.Message };
    }

    public static Failure ToModel(Wire.Failure wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        FailureCause cause = Enum.TryParse(wire.Cause, out FailureCause known) && Enum.IsDefined(known) ? known : FailureCause.Unspecified;
        return new Failure(wire.Node, wire.Source, cause, wire.Message);
    }

    public static Wire.Progress ToWire(WorkProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        return new Wire.Progress
        {
            Phase = progress.Phase,
            BytesDone = progress.BytesDone,
            BytesTotal = progress.BytesTotal,
            FilesDone = progress.FilesDone,
            FilesTotal = progress.FilesTotal,
            BytesSent = progress.BytesSent,
        };
    }

    public static WorkProgress ToModel(Wire.Progress? wire) => wire is null ? WorkProgress.None : new WorkProgress
    {
        Phase = wire.Phase,
        BytesDone = wire.BytesDone,
        BytesTotal = wire.BytesTotal,
        FilesDone = wire.FilesDone,
        FilesTotal = wire.FilesTotal,
        BytesSent = wire.BytesSent,
    };

    public static Wire.SnapshotCounts ToWire(SnapshotCounts counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        return new Wire.SnapshotCounts
        {
            Entries = counts.Entries,
            Files = counts.Files,
            FileBytes = counts.FileBytes,
            SentBytes = counts.SentBytes,
            StoredBytes = counts.StoredBytes,
            Failed = counts.Failed,
            Changed = counts.Changed,
        };
    }

    public static SnapshotCounts ToModel(Wire.SnapshotCounts? wire) => wire is null ? SnapshotCounts.Zero : new SnapshotCounts
    {
        Entries = wire.Entries,
        Files = wire.Files,
        FileBytes = wire.FileBytes,
        SentBytes = wire.SentBytes,
        StoredBytes = wire.StoredBytes,
        Failed = wire.Failed,
        Changed = wire.Changed,
    };

    public static Wire.Outcome ToWire(SnapshotOutcome outcome) => (Wire.Outcome)(int)outcome;

    /// <summary>The outcome; one that is not known counts as the worse.</summary>
    public static SnapshotOutcome ToModel(Wire.Outcome wire) =>
        wire == Wire.Outcome.Completed ? SnapshotOutcome.Completed : SnapshotOutcome.PartiallyFailed;
}
