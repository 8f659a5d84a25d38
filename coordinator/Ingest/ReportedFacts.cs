using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// What an agent says at the end of an upload, as far as it counts: the root, what it missed, what it knows of an
/// etcd snapshot, and texts for people, which are made harmless. Counts and lists of failed items are read from the tree.
/// </summary>
internal sealed record ReportedFacts
{
    private const int MissingMax = 1000;
    private const int TextLengthMax = 1024;

    public required ChunkId Root { get; init; }

    public required SnapshotId? Parent { get; init; }

    public required IReadOnlyList<string> Missing { get; init; }

    public required EtcdEvidence? Etcd { get; init; }

    public required ControlPlaneFacts? ControlPlane { get; init; }

    public required Exclusions? Exclusions { get; init; }

    public required string SourcePath { get; init; }

    public required string AgentVersion { get; init; }

    /// <summary>True when the agent itself says that something is not there.</summary>
    public required bool IsPartial { get; init; }

    /// <exception cref="Grpc.Core.RpcException">FAILED_PRECONDITION: the message cannot be committed; it says why.</exception>
    public static ReportedFacts Read(Wire.Finish finish, SourceKey source)
    {
        Require(finish.Root.Length == ChunkId.Bytes, source, "Finish names no root block.");
        Require(finish.Items.Count <= ItemOutcome.ListedMax && finish.Missing.Count <= MissingMax, source, "Finish lists more than a thousand items.");
        SnapshotId parent = default;
        Require(
            finish.ParentSnapshotId.Length == 0 || SnapshotId.TryParse(finish.ParentSnapshotId, out parent), source, "Finish names a parent that is no snapshot id.");
        EtcdEvidence? etcd = EtcdMapping.ToModel(finish.Etcd);
        Require(source.Kind == SourceKind.Etcd == etcd is not null, source, "Evidence about etcd belongs to snapshots of etcd, and to each of them.");
        if (etcd is not null)
        {
            RequireEvidence(etcd, source);
        }

        ControlPlaneFacts? files = ControlPlaneMapping.ToModel(finish.ControlPlane);
        Require(files is null || source.Kind == SourceKind.ControlPlaneFiles, source, "Facts about control-plane files belong to these files.");
        if (files is not null)
        {
            Require(ControlPlaneLimits.Hold(files), source, "The facts about the control-plane files are too many.");
        }

        Exclusions? exclusions = ExclusionMapping.ToModel(finish.Exclusions);
        Require(exclusions is null || ExclusionLimits.Hold(exclusions), source, "The rules, or what they left out, are too many.");
        return new ReportedFacts
        {
            Root = new ChunkId(finish.Root.Span),
            Parent = finish.ParentSnapshotId.Length == 0 ? null : parent,
            Missing = [.. finish.Missing.Select(Harmless)],
            Etcd = etcd,
            ControlPlane = files is null ? null : ControlPlaneLimits.Harmless(files, Harmless),
            Exclusions = exclusions is null ? null : ExclusionLimits.Harmless(exclusions, Harmless),
            SourcePath = Harmless(finish.SourcePath),
            AgentVersion = Harmless(finish.AgentVersion),
            IsPartial = finish.Missing.Count > 0 || etcd is { IsVerified: false } || SourceMapping.ToModel(finish.Outcome) != SnapshotOutcome.Completed,
        };
    }

    /// <summary>Completed only when the agent says so and the tree bears it out.</summary>
    public SnapshotOutcome OutcomeOf(VerifiedTree tree) =>
        IsPartial || tree.Counts.Failed > 0 || tree.Counts.Changed > 0 ? SnapshotOutcome.PartiallyFailed : SnapshotOutcome.Completed;

    /// <exception cref="InvalidDataException">What the agent says about an etcd snapshot does not fit the tree.</exception>
    public void RequireFit(VerifiedTree tree)
    {
        if (Etcd is { } etcd && (tree.Counts.FileBytes < etcd.DatabaseBytes || tree.Counts.Failed > 0))
        {
            throw new InvalidDataException("The tree does not hold the whole database the evidence speaks of.");
        }
    }

    private static void RequireEvidence(EtcdEvidence etcd, SourceKey source)
    {
        Require(etcd.IsWalked, source, "The etcd snapshot was not verified in full: V1, V2 and V3 are needed.");
        bool possible = etcd.Revision > 0
            && etcd.CompactRevision >= 0 && etcd.CompactRevision <= etcd.Revision
            && etcd.Keys >= 0
            && etcd.DatabaseBytes > 0
            && etcd.PageBytes is >= 512 and <= 65_536
            && etcd.Sha256.Length == 64 && etcd.Sha256.All(char.IsAsciiHexDigit)
            && etcd.Proof.Count <= EtcdMemberProof.MembersMax
            && etcd.Encryption.Count <= EncryptionUse.KeysMax
            && etcd.Verified.Count + etcd.Members.Count + etcd.Alarms.Count + etcd.Notes.Count <= MissingMax;
        string[] texts =
        [
            etcd.ClusterId, etcd.MemberId, etcd.MemberName, etcd.ServerVersion, etcd.DataVersion,
            .. etcd.Verified, .. etcd.Members, .. etcd.Alarms, .. etcd.Notes,
            .. etcd.Encryption.SelectMany(use => new[] { use.Provider, use.Key }),
            .. etcd.Proof.SelectMany(proof => new[] { proof.MemberId, proof.Name, proof.Version, proof.Role, proof.Detail }),
        ];
        Require(possible && texts.All(text => text == Harmless(text)), source, "The evidence about the etcd snapshot is not possible.");
    }

    // Control characters would move the cursor of whoever reads them on a terminal.
    private static string Harmless(string text)
    {
        string cut = text.Length <= TextLengthMax ? text : text[..TextLengthMax];
        return cut.Any(char.IsControl) ? string.Concat(cut.Select(c => char.IsControl(c) ? '?' : c)) : cut;
    }

    private static void Require(bool condition, SourceKey source, string problem)
    {
        if (!condition)
        {
            throw UploadRefusal.NotCommittable(source, problem);
        }
    }
}
