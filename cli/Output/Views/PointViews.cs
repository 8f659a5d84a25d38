using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

internal static class PointViews
{
    public static readonly View<EtcdMemberProof> Proof = new View<EtcdMemberProof>()
        .Text("member", "Member", p => p.Name.Length > 0 ? p.Name : p.MemberId)
        .Text("id", "Id", p => p.MemberId, FieldPlace.Documents)
        .Text("role", "Role", p => p.Role)
        .Text("version", "etcd", p => p.Version)
        .Text("data", "Data", p => p.State.ToString())
        .Number("hashKv", "HashKV", p => p.HashKv)
        .Number("compactRevision", "Compacted at", p => p.CompactRevision)
        .Text("detail", "Detail", p => p.Detail);

    public static readonly View<EtcdEvidence> Etcd = new View<EtcdEvidence>()
        .Number("revision", "Revision", e => e.Revision)
        .Number("compactRevision", "Compacted at", e => e.CompactRevision)
        .Number("keys", "Keys", e => e.Keys)
        .Bytes("databaseBytes", "Database", e => e.DatabaseBytes)
        .Number("pageBytes", "Page bytes", e => e.PageBytes)
        .Text("clusterId", "Cluster id", e => e.ClusterId)
        .Text("memberId", "Member id", e => e.MemberId)
        .Text("memberName", "Member", e => e.MemberName)
        .Text("serverVersion", "etcd", e => e.ServerVersion)
        .Text("dataVersion", "Data version", e => e.DataVersion)
        .Text("sha256", "SHA-256", e => e.Sha256)
        .Number("hashKv", "HashKV", e => e.HashKv)
        .List("verified", "Verified", e => e.Verified)
        .List("members", "Members", e => e.Members)
        .List("alarms", "Alarms", e => e.Alarms)
        .Text("suspicion", "Suspect", e => e.Suspicion)
        .List("notes", "Notes", e => e.Notes)
        .List("encryption", "Encrypted with", e => [.. e.Encryption.Select(u => $"{u.Provider} {u.Key}: {u.Values} values")])
        .Table("proof", "Compared with", Proof, e => e.Proof);

    public static readonly View<CertificateFact> Certificate = new View<CertificateFact>()
        .Text("path", "File", c => c.Path)
        .Text("subject", "Subject", c => c.Subject)
        .Time("notAfter", "Until", c => c.NotAfter);

    public static readonly View<ControlPlaneFacts> ControlPlane = new View<ControlPlaneFacts>()
        .Text("layout", "Layout", f => f.Layout)
        .Text("member", "etcd member", f => f.Member is { } m ? $"{m.Name} {string.Join(',', m.PeerUrls)} {m.DataDir}" : "")
        .List("etcdServers", "etcd servers", f => f.EtcdServers)
        .List("etcdOverrides", "Other etcds", f => f.EtcdOverrides)
        .Text("encryptionConfiguration", "Encryption", f => f.EncryptionConfiguration)
        .List("encryptionKeys", "Encryption keys", f => [.. f.EncryptionKeys.Select(k => $"{k.Provider} {k.Name}")])
        .List("problems", "Not understood", f => f.Problems)
        .Table("certificates", "Certificates", Certificate, f => f.Certificates);

    public static readonly View<RecoverySet> Recovery = new View<RecoverySet>()
        .Text("state", "Recovery set", s => s.Complete ? "complete" : "INCOMPLETE")
        .List("nodes", "Nodes", s => s.Nodes)
        .Time("firstExpiry", "First certificate ends", s => s.FirstExpiry)
        .Text("firstExpiryOf", "Which is", s => s.FirstExpiryOf)
        .List("missing", "Missing", s => s.Missing)
        .List("warnings", "Warnings", s => s.Warnings);

    public static readonly View<Excluded> Excluded = new View<Excluded>()
        .Text("rule", "Rule", e => e.Rule)
        .Number("files", "Files", e => e.Files)
        .Number("directories", "Directories", e => e.Directories)
        .List("examples", "Such as", e => e.Examples, FieldPlace.Everywhere, shownMax: 3);

    public static readonly View<ExcludeRules> ExcludeRules = new View<ExcludeRules>()
        .List("exclude", "exclude", r => r.Patterns)
        .Flag("excludeMarked", "excludeMarked", r => r.Marked)
        .Flag("excludeCaches", "excludeCaches", r => r.Caches)
        .Bytes("maxFileSize", "maxFileSize", r => r.FileBytesMax);

    public static readonly View<Snapshot> Snapshot = new View<Snapshot>()
        .Text("source", "Source", s => Words.Of(s.Source))
        .Text("outcome", "Outcome", s => s.Damage.Length > 0 ? "Damaged" : s.Outcome.ToString())
        .Text("id", "Snapshot", s => s.Id)
        .Time("startedAt", "Started", s => s.Interval?.StartedAt, FieldPlace.Documents)
        .Time("finishedAt", "Finished", s => s.Interval?.FinishedAt, FieldPlace.Documents)
        .Number("files", "Files", s => s.Counts?.Files ?? 0)
        .Bytes("bytes", "Bytes", s => s.Counts?.FileBytes ?? 0)
        .Number("problems", "Problems", s => s.Counts?.Failed ?? 0)
        .Text("evidence", "Verified", s => s.Etcd is { } e ? (e.Suspicion.Length > 0 ? "SUSPECT, " : "") + $"revision {e.Revision}, {e.Keys} keys" : "")
        .Text("drillState", "Last drill", s => DrillViews.Summary(s.Drill))
        .Text("sourcePath", "Path", s => s.SourcePath, FieldPlace.Documents)
        .Object("volume", "Volume", PodVolumeViews.Volume, s => s.PodVolume, showsBelowLists: true)
        .Text("damage", "Damage", s => s.Damage, FieldPlace.Documents)
        .List("missing", "Missing", s => s.Missing, FieldPlace.Documents)
        .Object("counts", "Counts", CommonViews.Counts, s => s.Counts)
        .Table("items", "Items", CommonViews.Item, s => s.Items, showsBelowLists: true)
        .Table("excluded", "Left out by the plan's rules", Excluded, s => s.Exclusions?.Excluded ?? [], showsBelowLists: true)
        .Object("rules", "Rules", ExcludeRules, s => s.Exclusions?.Rules)
        .Object("etcd", "etcd", Etcd, s => s.Etcd, showsBelowLists: true)
        .Object("controlPlane", "Control plane", ControlPlane, s => s.ControlPlane)
        .Object("drill", "Last drill", DrillViews.Drill, s => s.Drill);

    public static readonly View<RestorePoint> Point = new View<RestorePoint>()
        .Text("id", "Id", p => p.Id)
        .Text("plan", "Plan", p => p.Plan)
        .Text("outcome", "Outcome", p => p.Damage.Length > 0 ? "Damaged" : p.Outcome.ToString())
        .Time("startedAt", "Started", p => p.Interval?.StartedAt)
        .Time("finishedAt", "Finished", p => p.Interval?.FinishedAt)
        .Text("recovery", "Recovery set", p => p.RecoverySet is { } s ? s.Complete ? "complete" : $"INCOMPLETE, {s.Missing.Count}" : "")
        .Text("suspect", "Suspect", p => string.Join(", ", p.Snapshots.Where(s => s.Etcd?.Suspicion.Length > 0).Select(s => Words.Of(s.Source))))
        .Number("snapshotCount", "Snapshots", p => p.Snapshots.Count)
        .Number("files", "Files", p => p.Snapshots.Sum(s => s.Counts?.Files ?? 0))
        .Bytes("bytes", "Bytes", p => p.Snapshots.Sum(s => s.Counts?.FileBytes ?? 0))
        .Text("drillState", "Last drill", p => DrillViews.Summary(p))
        .Text("runId", "Run", p => p.RunId, FieldPlace.Details)
        .Text("damage", "Damage", p => p.Damage, FieldPlace.Documents)
        .List("notes", "Notes", p => p.Notes)
        .Object("recoverySet", "Recovery set", Recovery, p => p.RecoverySet)
        .Table("snapshots", "Snapshots", Snapshot, p => p.Snapshots)
        .Table("failures", "Without a snapshot", CommonViews.Failure, p => p.Failures);
}
