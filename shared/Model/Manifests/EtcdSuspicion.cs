namespace K8sBackup.Model.Manifests;

/// <summary>
/// The rule that makes a snapshot suspect. Members that hold different data at one revision mean that one of them is corrupt, and
/// which one only a majority can say: a snapshot is suspect when members differ from it and it is not backed by more than half of
/// those with a vote, and when etcd itself has raised an alarm about the member it was read from.
/// </summary>
public static class EtcdSuspicion
{
    /// <summary>Why the snapshot is suspect; empty when it is not.</summary>
    public static string Of(EtcdEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        if (evidence.Alarms.Contains($"Corrupt {evidence.MemberId}", StringComparer.Ordinal))
        {
            return $"etcd has raised its alarm CORRUPT for the member {evidence.MemberName} that was read.";
        }

        bool differs = evidence.Proof.Any(proof => proof.State == EtcdProofState.Differs);
        int agreeing = evidence.Proof.Count(proof => proof is { State: EtcdProofState.Agrees, HasVote: true });
        return differs && agreeing * 2 <= evidence.Proof.Count(proof => proof.HasVote) ? Disagreement(evidence) : "";
    }

    /// <summary>Which members hold other data, suspect or not; empty when none is known to. Somebody has to look at them.</summary>
    public static string Disagreement(EtcdEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        string[] others = [.. evidence.Proof.Where(proof => proof.State == EtcdProofState.Differs).Select(proof => proof.Name.Length > 0 ? proof.Name : proof.MemberId)];
        return others.Length == 0
            ? ""
            : $"At revision {evidence.Revision} the snapshot of {evidence.MemberName} holds other data than {(others.Length == 1 ? "the member" : "the members")} {string.Join(", ", others)}: one of them is corrupt.";
    }
}
