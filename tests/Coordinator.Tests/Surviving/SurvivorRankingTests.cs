using K8sBackup.Coordinator.Surviving;
using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Surviving;

public sealed class SurvivorRankingTests
{
    [Fact]
    public void Choose_WholeDatabases_TakesTheFurthest()
    {
        SurvivorChoice choice = SurvivorRanking.Choose([Disk("cp-1", 100), Disk("cp-2", 120), Disk("cp-3", 110)]);

        Assert.Equal("cp-2", choice.Node);
        Assert.Contains("index 120", Assert.Single(choice.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_FurthestIsDamaged_TakesTheNextAndSaysWhatTheLogKnows()
    {
        MemberDisk damaged = Disk("cp-1", 0);
        (damaged.DatabaseSound, damaged.DatabaseProblem, damaged.Commit) = (false, "page 7 is damaged", 130);

        SurvivorChoice choice = SurvivorRanking.Choose([damaged, Disk("cp-2", 120)]);

        Assert.Equal("cp-2", choice.Node);
        Assert.Contains(choice.Reasons, r => r.Contains("cp-1 is out of the question: page 7 is damaged", StringComparison.Ordinal));
        Assert.Contains(choice.Reasons, r => r.Contains("The log of cp-1 knows of 10 entries", StringComparison.Ordinal));
    }

    [Fact]
    public void Choose_NothingWhole_SendsToTheRestorePoints()
    {
        MemberDisk away = new() { Node = "cp-1", Failure = new Failure { Message = "its agent is not connected" } };

        SurvivorChoice choice = SurvivorRanking.Choose([away]);

        Assert.Equal("", choice.Node);
        Assert.Contains("restore point", choice.Reasons[^1], StringComparison.Ordinal);
        Assert.Contains("not connected", choice.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_MembersOfTwoClusters_StaysWithTheLargerAndWarns()
    {
        MemberDisk stranger = Disk("cp-3", 500);
        stranger.ClusterId = "other";

        SurvivorChoice choice = SurvivorRanking.Choose([Disk("cp-1", 100), Disk("cp-2", 100), stranger]);

        Assert.Equal("cp-1", choice.Node);
        Assert.Contains(choice.Reasons, r => r.Contains("cp-3 belongs to another cluster", StringComparison.Ordinal));
    }

    [Fact]
    public void Choose_SameIndexWithOtherContent_Warns()
    {
        MemberDisk other = Disk("cp-2", 100);
        other.HashKv = 9;

        Assert.Contains(SurvivorRanking.Choose([Disk("cp-1", 100), other]).Reasons, r => r.Contains("one of the two is corrupt", StringComparison.Ordinal));
    }

    private static MemberDisk Disk(string node, ulong index) => new()
    {
        Node = node,
        ClusterId = "c1",
        DatabaseSound = true,
        ConsistentIndex = index,
        Commit = index,
        Revision = (long)index * 2,
        Keys = 10,
        HashKv = 1,
    };
}
