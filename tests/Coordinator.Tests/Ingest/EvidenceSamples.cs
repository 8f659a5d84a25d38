using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Ingest;

internal static class EvidenceSamples
{
    /// <summary>A snapshot that two of three members disagree with.</summary>
    public static EtcdEvidence Suspect(long bytes)
    {
        EtcdEvidence evidence = Verified(bytes);
        evidence.Proof.Add(new EtcdMemberProof { MemberId = evidence.MemberId, Name = "cp-1", Role = "leader", State = EtcdProofState.Agrees });
        evidence.Proof.Add(new EtcdMemberProof { MemberId = "b", Name = "cp-2", Role = "follower", State = EtcdProofState.Differs });
        evidence.Proof.Add(new EtcdMemberProof { MemberId = "c", Name = "cp-3", Role = "follower", State = EtcdProofState.Differs });

        // What an agent says itself does not count.
        evidence.Suspicion = "";
        return evidence;
    }

    public static EtcdEvidence Verified(long bytes) => new()
    {
        Revision = 100,
        Keys = 10,
        DatabaseBytes = bytes,
        PageBytes = 4096,
        ClusterId = "cdf818194e3a8c32",
        MemberId = "8e9e05c52164694d",
        MemberName = "cp-1",
        ServerVersion = "3.5.21",
        Sha256 = new string('a', 64),
        Verified = { "V1", "V2", "V3" },
    };
}
