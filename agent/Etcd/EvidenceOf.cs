using System.Globalization;
using K8sBackup.Etcd.Proving;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Agent.Etcd;

/// <summary>Puts together what is known of a snapshot.</summary>
internal static class EvidenceOf
{
    // A text from a member is no longer than this; the coordinator takes no longer ones.
    private const int TextLengthMax = 512;

    public static EtcdEvidence Snapshot(
        ClusterSurvey survey, SurveyedMember member, SnapshotFacts facts, IReadOnlyList<EtcdMemberProof> proof, IReadOnlyList<string> notes) => new()
        {
            Revision = facts.Revision,
            CompactRevision = facts.CompactRevision,
            Keys = facts.LiveKeys,
            DatabaseBytes = facts.DatabaseBytes,
            PageBytes = facts.PageSize,
            ClusterId = Hex(member.Status!.ClusterId),
            MemberId = Hex(member.Member.Id),
            MemberName = Plain(member.Member.Name),
            ServerVersion = Plain(member.Status.Version),
            DataVersion = Plain(facts.StorageVersion ?? facts.ClusterVersion ?? ""),
            Sha256 = facts.Sha256 ?? "",
            HashKv = facts.KeySpaceHash,
            Verified = IsProved(member, proof) ? ["V1", "V2", "V3", "V4"] : ["V1", "V2", "V3"],
            Members = [.. survey.Members.Select(each => Plain($"{Hex(each.Member.Id)} {each.Member.Name} {string.Join(',', each.Member.PeerUrls)}{(each.Member.IsLearner ? " learner" : "")}"))],
            Alarms = [.. facts.Alarms.Concat(survey.Alarms).Select(alarm => $"{alarm.Kind} {Hex(alarm.MemberId)}").Distinct()],
            Proof = [.. proof.Select(each => each with { Name = Plain(each.Name), Version = Plain(each.Version), Detail = Plain(each.Detail) })],
            Notes = [.. notes.Select(Plain)],
            Encryption = facts.Encryption,
        };

    private static bool IsProved(SurveyedMember member, IReadOnlyList<EtcdMemberProof> proof) =>
        proof.Any(each => each.MemberId == Hex(member.Member.Id) && each.State == EtcdProofState.Agrees)
        && proof.All(each => each.State != EtcdProofState.Differs);

    private static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);

    // Names and error texts come from elsewhere, and end up on terminals.
    private static string Plain(string text)
    {
        string cut = text.Length <= TextLengthMax ? text : text[..TextLengthMax];
        return cut.Any(char.IsControl) ? string.Concat(cut.Select(c => char.IsControl(c) ? '?' : c)) : cut;
    }
}
