using System.CommandLine;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>
/// The SOURCE argument: <c>kind/name@node</c>, any part of it that names one source of the restore point, or the beginning of the name:
/// <c>etcd</c>, <c>volume/data</c>, <c>volume/pvc.shop.data</c>, <c>etcd@cp-2</c>. For volumes of pods also what they are called in the cluster:
/// <c>namespace/claim</c>, <c>namespace/pod:volume</c>. What fits in full goes before what fits in part.
/// </summary>
internal sealed record SourceReference(string Kind, string Name, string Node)
{
    private const int ListedMax = 30;

    /// <summary>The volume of a pod that may be meant instead, or is meant when there is no kind; null for none.</summary>
    public VolumeName? Volume { get; private init; }

    public static Argument<string> Argument() => new("SOURCE")
    {
        Description = "Source: kind/name@node, or a part that names one only, such as 'etcd' or 'volume/data'; for a volume of a pod also NAMESPACE/CLAIM or NAMESPACE/POD:VOLUME.",
    };

    public static SourceReference Parse(string text)
    {
        string[] atNode = text.Split('@');
        string[] parts = atNode[0].Split('/');
        bool isWhole = atNode.Length <= 2 && parts.Length <= 2 && atNode.All(p => p.Length > 0) && parts.All(p => p.Length > 0);
        bool hasKind = parts[0] is "etcd" or "control-plane" or "volume";
        string node = atNode.ElementAtOrDefault(1) ?? "";
        return isWhole && (hasKind || parts.Length == 2)
            ? new SourceReference(hasKind ? parts[0] : "", hasKind ? parts.ElementAtOrDefault(1) ?? "" : "", node) { Volume = parts.Length == 2 ? VolumeArgument.Find(atNode[0]) : null }
            : throw new BackupException(
                FailureCause.InvalidRequest,
                $"'{text}' names no source; write kind/name@node with etcd, control-plane or volume as kind, a part of it, NAMESPACE/CLAIM or NAMESPACE/POD:VOLUME.");
    }

    /// <summary>The one snapshot of the point that this names.</summary>
    /// <exception cref="BackupException">There is none, there are several, or it is damaged.</exception>
    public Snapshot In(RestorePoint point)
    {
        Snapshot[] matches = Matching(point);
        switch (matches)
        {
            case [{ Damage.Length: > 0 } damaged]:
                throw new BackupException(FailureCause.StoreCorrupt, $"The snapshot of {Words.Of(damaged.Source)} cannot be used: {damaged.Damage}");
            case [var only]:
                return only;
            case []:
                Transport.V1.Failure? failure = point.Failures.FirstOrDefault(IsOf);
                string why = failure is null ? "" : $" In this run {failure.Source} failed: {failure.Message}";
                throw new BackupException(
                    FailureCause.NotFound,
                    $"Restore point {point.Id} has no source '{this}'. It has: {Names(point.Snapshots)}.{why}");
            default:
                throw new BackupException(FailureCause.InvalidRequest, $"'{this}' names several sources: {Names(matches)}.");
        }
    }

    public override string ToString() =>
        (Kind.Length == 0 && Volume is { } volume ? Transport.Mapping.VolumeNameText.Of(volume) : Kind + (Name.Length > 0 ? "/" + Name : "")) + (Node.Length > 0 ? "@" + Node : "");

    /// <summary>Sources as a message lists them, volumes of pods with what they are called in the cluster.</summary>
    public static string Names(IEnumerable<Snapshot> snapshots)
    {
        string[] names = [.. snapshots.Select(s => s.PodVolume is { } volume ? $"{Words.Of(s.Source)} ({Words.Of(volume)})" : Words.Of(s.Source))];
        string more = names.Length > ListedMax ? $" and {names.Length - ListedMax} more" : "";
        return string.Join(", ", names.Take(ListedMax).DefaultIfEmpty("nothing")) + more;
    }

    // The first way of reading it that fits anything is the one.
    private Snapshot[] Matching(RestorePoint point)
    {
        Snapshot[] onNode = [.. point.Snapshots.Where(s => s.Source is { } source && (Node.Length == 0 || source.Node == Node))];
        Func<Snapshot, bool>[] readings =
        [
            s => IsKind(s) && (Name.Length == 0 || s.Source.Name == Name),
            s => IsKind(s) && s.Source.Name.StartsWith(Name, StringComparison.Ordinal),
            s => Volume is { } volume && VolumeArgument.Names(volume, s.PodVolume),
            s => Volume is { Claim: { Length: > 0 } pod } volume && VolumeArgument.Names(new VolumeName { Namespace = volume.Namespace, Pod = pod }, s.PodVolume),
        ];
        return readings.Select(reading => onNode.Where(reading).ToArray()).FirstOrDefault(found => found.Length > 0) ?? [];
    }

    private bool IsKind(Snapshot snapshot) => Kind.Length > 0 && Words.Of(snapshot.Source.Kind) == Kind;

    // Of a failed source only its name is known.
    private bool IsOf(Transport.V1.Failure failure) => Kind.Length > 0
        ? failure.Source.StartsWith(Kind, StringComparison.Ordinal)
        : Volume is { } volume && failure.Source.StartsWith(
            volume.Claim.Length > 0 ? $"volume/pvc.{volume.Namespace}.{volume.Claim}." : $"volume/pod.{volume.Namespace}.{volume.Pod}.{volume.Volume}", StringComparison.Ordinal);
}
