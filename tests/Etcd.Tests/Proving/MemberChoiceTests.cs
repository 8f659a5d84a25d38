using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Proving;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Tests.Proving;

public sealed class MemberChoiceTests
{
    private const ulong Leader = 2;

    [Fact]
    public void Of_LocalFits_IsChosenEvenWhenItLeads()
    {
        Assert.Equal("m1", Choose(Member(1), Member(2), Member(3)).Chosen!.Member.Name);
        var choice = Choose(Member(2) with { IsLocal = true }, Member(1) with { IsLocal = false }, Member(3));
        Assert.Equal("m2", choice.Chosen!.Member.Name);
        Assert.Empty(choice.Notes);
    }

    public static TheoryData<string> Unfit => ["learner", "leaderless", "lagging", "newer", "defragmenting", "avoided", "silent", "foreign"];

    [Theory]
    [MemberData(nameof(Unfit))]
    public void Of_LocalDoesNotFit_AFollowerIsChosenAndSaidWhy(string why)
    {
        var local = Spoil(Member(1), why);

        var choice = MemberChoice.Of(
            new ClusterSurvey([local, Member(2), Member(3)], []), why == "avoided" ? [1UL] : []);

        Assert.Equal(why == "foreign" ? "m1" : "m3", choice.Chosen!.Member.Name);
        var note = choice.Notes.First(text => text.Contains("not read", StringComparison.Ordinal));
        Assert.Contains(
            why switch
            {
                "learner" => "The member of this node, m1, was not read: it is a learner",
                "leaderless" => "it knows no leader",
                "lagging" => "it is 1001 entries behind",
                "newer" => "it runs 3.6.1 while others run 3.5",
                "defragmenting" => "it is being defragmented",
                "avoided" => "its data differed",
                "silent" => "no answer in time",
                _ => "it belongs to another cluster",
            },
            note,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Of_OnlyTheLeaderFits_IsRead()
    {
        var choice = Choose(Spoil(Member(1), "lagging"), Member(2), Spoil(Member(3), "silent"));

        Assert.Equal("m2", choice.Chosen!.Member.Name);
        Assert.Equal(2, choice.Notes.Count(note => note.Contains("not read", StringComparison.Ordinal)));
    }

    [Fact]
    public void Of_NoneFits_SaysWhyOfEach()
    {
        var choice = Choose(Spoil(Member(1), "leaderless"), Spoil(Member(2), "leaderless"), Spoil(Member(3), "silent"));

        Assert.Null(choice.Chosen);
        Assert.Equal(3, choice.Notes.Count);
    }

    [Fact]
    public void Of_AThousandEntriesBehind_StillFits()
    {
        var local = Member(1) with { Status = Member(1).Status! with { RaftAppliedIndex = 4000 } };

        Assert.Equal("m1", Choose(local, Member(2), Member(3)).Chosen!.Member.Name);
    }

    [Fact]
    public void Of_CorruptAlarm_OthersArePreferredAndTheLastIsReadAnyway()
    {
        EtcdAlarmFact[] alarms = [new(1, EtcdAlarmKind.Corrupt), new(3, EtcdAlarmKind.NoSpace)];

        var choice = MemberChoice.Of(new ClusterSurvey([Member(1), Member(2), Member(3)], alarms), []);
        Assert.Equal("m3", choice.Chosen!.Member.Name);
        Assert.Contains(choice.Notes, note => note.Contains("m1, was not read: etcd has raised its alarm CORRUPT", StringComparison.Ordinal));
        Assert.Contains("etcd has raised an alarm for m3: NoSpace.", choice.Notes);

        var alone = MemberChoice.Of(new ClusterSurvey([Member(1), Spoil(Member(2), "silent"), Spoil(Member(3), "silent")], alarms), []);
        Assert.Equal("m1", alone.Chosen!.Member.Name);
    }

    [Fact]
    public void Of_DifferentPatchVersions_AreNotedAndNoObjection()
    {
        var choice = Choose(Member(1) with { Status = Member(1).Status! with { Version = "3.5.9" } }, Member(2), Member(3));

        Assert.Equal("m1", choice.Chosen!.Member.Name);
        Assert.Equal(["The members run different versions: 3.5.21, 3.5.9."], choice.Notes);
    }

    private static MemberChoice Choose(params SurveyedMember[] members) => MemberChoice.Of(new ClusterSurvey(members, []), []);

    private static SurveyedMember Member(ulong id) => new()
    {
        Member = new EtcdMemberFact(id, $"m{id}", [], [$"http://127.0.0.1:{id}"], false),
        Endpoint = new EtcdEndpoint { Address = new Uri($"http://127.0.0.1:{id}") },
        IsLocal = id == 1,
        IsDefragmenting = false,
        Status = new EtcdMemberStatus
        {
            ClusterId = 9,
            MemberId = id,
            Revision = 100,
            Version = "3.5.21",
            DatabaseBytes = 1,
            DatabaseBytesInUse = 1,
            LeaderId = Leader,
            RaftTerm = 3,
            RaftIndex = 5000,
            RaftAppliedIndex = 5000,
            Errors = [],
            IsLearner = false,
            StorageVersion = null,
            DatabaseBytesQuota = 0,
        },
    };

    private static SurveyedMember Spoil(SurveyedMember member, string why) => why switch
    {
        "learner" => member with { Status = member.Status! with { IsLearner = true } },
        "leaderless" => member with { Status = member.Status! with { LeaderId = 0 } },
        "lagging" => member with { Status = member.Status! with { RaftAppliedIndex = 3999 } },
        "newer" => member with { Status = member.Status! with { Version = "3.6.1" } },
        "defragmenting" => member with { IsDefragmenting = true },
        "silent" => member with { Status = null, Problem = "no answer in time" },
        "foreign" => member with { Status = member.Status! with { ClusterId = 10 } },
        _ => member,
    };
}
