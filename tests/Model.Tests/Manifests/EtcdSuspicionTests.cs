using K8sBackup.Model.Manifests;

namespace K8sBackup.Model.Tests.Manifests;

public sealed class EtcdSuspicionTests
{
    [Theory]
    [InlineData("A", false)]
    [InlineData("D", true)]
    [InlineData("AD", true)]
    [InlineData("AAD", false)]
    [InlineData("ADD", true)]
    [InlineData("ADU", true)]
    [InlineData("AUU", false)]
    [InlineData("AIB", false)]
    [InlineData("UUU", false)]
    [InlineData("AADD", true)]
    [InlineData("AAADD", false)]
    [InlineData("AADUU", true)]
    [InlineData("AADl", false)]
    [InlineData("ADll", true)]
    public void Of_MembersThatDiffer_NeedAMajorityAgainstThem(string members, bool suspect)
    {
        EtcdEvidence evidence = Evidence(members);

        Assert.Equal(suspect, evidence.Suspicion.Length > 0);
        Assert.Equal(!suspect, evidence.IsVerified);
        Assert.Equal(members.Contains('D', StringComparison.Ordinal), EtcdSuspicion.Disagreement(evidence).Length > 0);
    }

    [Fact]
    public void Of_MembersThatDiffer_NamesThem()
    {
        Assert.Contains("At revision 7 the snapshot of m0 holds other data than the members m1, m2", Evidence("ADD").Suspicion, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_AlarmForTheMemberRead_IsSuspect()
    {
        Assert.Contains("CORRUPT", (Evidence("AAA") with { Alarms = ["Corrupt 0"] }).Suspicion, StringComparison.Ordinal);
        Assert.Equal("", (Evidence("AAA") with { Alarms = ["Corrupt 1", "NoSpace 0"] }).Suspicion);
    }

    [Fact]
    public void Of_ManifestOfAnOlderProgram_IsNotSuspect() => Assert.True(Evidence("").IsVerified);

    private static EtcdEvidence Evidence(string members) => new()
    {
        Revision = 7,
        Keys = 1,
        DatabaseBytes = 1,
        PageBytes = 4096,
        ClusterId = "c",
        MemberId = "0",
        MemberName = "m0",
        ServerVersion = "3.5.21",
        Sha256 = "",
        Verified = ["V1", "V2", "V3"],
        Proof = [.. members.Select((state, i) => new EtcdMemberProof($"{i}", $"m{i}", "", state == 'l' ? "learner" : "follower", 0, StateOf(state), 0, 0, ""))],
    };

    private static EtcdProofState StateOf(char state) => state switch
    {
        'A' => EtcdProofState.Agrees,
        'D' => EtcdProofState.Differs,
        'I' => EtcdProofState.Incomparable,
        'B' => EtcdProofState.Behind,
        'U' => EtcdProofState.Unreachable,
        _ => EtcdProofState.NotAsked,
    };
}
