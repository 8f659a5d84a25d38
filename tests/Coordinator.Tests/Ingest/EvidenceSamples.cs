using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Ingest;

internal static class EvidenceSamples
{
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
