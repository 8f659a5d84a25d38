using System.CommandLine;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>
/// The SOURCE argument: <c>kind/name@node</c>, or any part of it that names one source of the restore point:
/// <c>etcd</c>, <c>volume/data</c>, <c>etcd@cp-2</c>.
/// </summary>
internal sealed record SourceReference(string Kind, string Name, string Node)
{
    public static Argument<string> Argument() => new("SOURCE")
    {
        Description = "Source: kind/name@node, or a part that names one only, such as 'etcd' or 'volume/data'.",
    };

    public static SourceReference Parse(string text)
    {
        string[] atNode = text.Split('@');
        string[] parts = atNode[0].Split('/');
        bool valid = atNode.Length <= 2 && parts.Length <= 2 && parts[0] is "etcd" or "control-plane" or "volume";
        return valid && atNode.All(p => p.Length > 0) && parts.All(p => p.Length > 0)
            ? new SourceReference(parts[0], parts.ElementAtOrDefault(1) ?? "", atNode.ElementAtOrDefault(1) ?? "")
            : throw new BackupException(
                FailureCause.InvalidRequest,
                $"'{text}' names no source; write kind/name@node with etcd, control-plane or volume as kind, or a part of it.");
    }

    /// <summary>The one snapshot of the point that this names.</summary>
    /// <exception cref="BackupException">There is none, there are several, or it is damaged.</exception>
    public Snapshot In(RestorePoint point)
    {
        Snapshot[] matches = [.. point.Snapshots.Where(Matches)];
        switch (matches)
        {
            case [{ Damage.Length: > 0 } damaged]:
                throw new BackupException(FailureCause.StoreCorrupt, $"The snapshot of {Words.Of(damaged.Source)} cannot be used: {damaged.Damage}");
            case [var only]:
                return only;
            case []:
                Transport.V1.Failure? failure = point.Failures.FirstOrDefault(f => f.Source.StartsWith(Kind, StringComparison.Ordinal));
                string why = failure is null ? "" : $" In this run {failure.Source} failed: {failure.Message}";
                throw new BackupException(
                    FailureCause.NotFound,
                    $"Restore point {point.Id} has no source '{this}'. It has: {Names(point.Snapshots)}.{why}");
            default:
                throw new BackupException(FailureCause.InvalidRequest, $"'{this}' names several sources: {Names(matches)}.");
        }
    }

    public override string ToString() => Kind + (Name.Length > 0 ? "/" + Name : "") + (Node.Length > 0 ? "@" + Node : "");

    private static string Names(IEnumerable<Snapshot> snapshots) =>
        string.Join(", ", snapshots.Select(s => Words.Of(s.Source)).DefaultIfEmpty("nothing"));

    private bool Matches(Snapshot snapshot) =>
        snapshot.Source is { } source
        && Words.Of(source.Kind) == Kind
        && (Name.Length == 0 || source.Name == Name)
        && (Node.Length == 0 || source.Node == Node);
}
