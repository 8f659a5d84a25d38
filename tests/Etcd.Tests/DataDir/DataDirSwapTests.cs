using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Files;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.DataDir;

public sealed class DataDirSwapTests : IDisposable
{
    private readonly TemporaryDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void Execute_CrashBeforeAnyStep_ResumesToNewAndRollsBackToOld(bool separateWal, bool oldExists)
    {
        for (var crashAt = 0; ; crashAt++)
        {
            foreach (var resume in new[] { true, false })
            {
                var target = Prepare($"{separateWal}-{oldExists}-{crashAt}-{resume}", separateWal, oldExists);
                if (!CrashAt(target, crashAt, swap => swap.Execute()))
                {
                    AssertNew(target, oldExists);
                    Assert.True(crashAt >= 3, "there must have been steps to crash at");
                    return;
                }

                if (new DataDirSwap(target).ReadPhase() is null)
                {
                    AssertOld(target, oldExists);
                    continue;
                }

                Assert.Equal([target.Id], DataDirSwap.FindUnfinished(target.DataDirectory));
                if (resume)
                {
                    new DataDirSwap(target).Resume();
                    new DataDirSwap(target).Resume();
                    AssertNew(target, oldExists);
                    Assert.Equal(SwapPhase.SwappedIn, new DataDirSwap(target).ReadPhase());
                }
                else
                {
                    new DataDirSwap(target).Rollback();
                    new DataDirSwap(target).Rollback();
                    AssertOld(target, oldExists);
                    Assert.Equal(SwapPhase.RolledBack, new DataDirSwap(target).ReadPhase());
                }

                Assert.Empty(DataDirSwap.FindUnfinished(target.DataDirectory));
            }
        }
    }

    [Fact]
    public void FindUnfinished_NoDirectory_FindsNothing() =>
        Assert.Empty(DataDirSwap.FindUnfinished(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"), "etcd")));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rollback_CrashBeforeAnyStep_ResumeGoesOnBackwards(bool separateWal)
    {
        for (var crashAt = 0; ; crashAt++)
        {
            var target = Prepare($"back-{separateWal}-{crashAt}", separateWal, oldExists: true);
            new DataDirSwap(target).Execute();
            var crashed = CrashAt(target, crashAt, swap => swap.Rollback());
            if (crashed)
            {
                // Before the journal said so the swap still counts as done.
                new DataDirSwap(target).Resume();
                new DataDirSwap(target).Rollback();
            }

            AssertOld(target, oldExists: true);
            if (!crashed)
            {
                Assert.True(crashAt >= 3, "there must have been steps to crash at");
                return;
            }
        }
    }

    [Fact]
    public void Rollback_NewEtcdWroteFurtherWalFiles_TheyLeaveWithIt()
    {
        var target = Prepare("later", separateWal: true, oldExists: true);
        new DataDirSwap(target).Execute();
        File.WriteAllText(Path.Combine(target.WalDirectory!, "0000000000000001-00000000000000ff.wal"), "later");

        new DataDirSwap(target).Rollback();

        AssertOld(target, oldExists: true);
        Assert.True(File.Exists(Path.Combine(target.WalStageDirectory!, "0000000000000001-00000000000000ff.wal")));
    }

    [Fact]
    public void Execute_DatabaseHeld_IsRefusedAndChangesNothing()
    {
        var target = Prepare("held", separateWal: false, oldExists: true);
        using (var holder = PosixFile.OpenRead(Path.Combine(target.MemberDirectory, "snap", "db")))
        {
            Assert.True(PosixFile.TryLockExclusive(holder));
            Assert.Equal(DataDirFault.InUse, FaultOf(target, swap => swap.Execute()));
        }

        AssertOld(target, oldExists: true);
        Assert.Null(new DataDirSwap(target).ReadPhase());
    }

    [Fact]
    public void Rollback_NewMemberRuns_IsRefused()
    {
        var target = Prepare("runs", separateWal: false, oldExists: true);
        new DataDirSwap(target).Execute();
        using (var holder = PosixFile.OpenRead(Path.Combine(target.MemberDirectory, "snap", "db")))
        {
            Assert.True(PosixFile.TryLockExclusive(holder));
            Assert.Equal(DataDirFault.InUse, FaultOf(target, swap => swap.Rollback()));
        }

        AssertNew(target, oldExists: true);
    }

    [Fact]
    public void Resume_EmptyClusterWasStartedInTheGap_IsRefusedAndNothingIsOverwritten()
    {
        var target = Prepare("gap", separateWal: false, oldExists: true);
        Assert.True(CrashAt(target, 2, swap => swap.Execute()));
        Assert.False(Directory.Exists(target.MemberDirectory));
        Directory.CreateDirectory(Path.Combine(target.MemberDirectory, "snap"));

        Assert.Equal(DataDirFault.Obstructed, FaultOf(target, swap => swap.Resume()));
        Assert.Equal("old", File.ReadAllText(Path.Combine(target.OldMemberDirectory, "snap", "db")));
        Assert.True(Directory.Exists(Path.Combine(target.StageDirectory, "member")));
    }

    [Fact]
    public void Execute_AnotherSwapUnfinished_IsRefused()
    {
        var first = Prepare("first", separateWal: false, oldExists: true);
        Assert.True(CrashAt(first, 2, swap => swap.Execute()));
        var second = first with { Id = "second" };
        Stage(second);

        Assert.Equal(DataDirFault.OtherSwapUnfinished, FaultOf(second, swap => swap.Execute()));
    }

    [Fact]
    public void Execute_NothingStaged_IsRefused()
    {
        var target = Prepare("nothing", separateWal: false, oldExists: true);
        Directory.Delete(target.StageDirectory, recursive: true);

        Assert.Equal(DataDirFault.StageMissing, FaultOf(target, swap => swap.Execute()));
        Assert.Equal("old", File.ReadAllText(Path.Combine(target.MemberDirectory, "snap", "db")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""{"Id":"damaged","Phase":0,"Moves":[{"InWalDirectory":false,"Retires":true,"From":"../../etc","To":"x"}]}""")]
    public void Resume_JournalDamaged_IsRefused(string content)
    {
        var target = Prepare("damaged", separateWal: false, oldExists: true);
        File.WriteAllText(SwapJournal.PathOf(target.DataDirectory, target.Id), content);

        Assert.Equal(DataDirFault.JournalUnusable, FaultOf(target, swap => swap.Resume()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("ü")]
    public void Constructor_BadId_IsRefused(string id)
    {
        Assert.Throws<ArgumentException>(() => new DataDirSwap(new SwapTarget { DataDirectory = _temp.Path, Id = id }));
    }

    [Fact]
    public void Execute_NameForTheOldMember_IsUsed()
    {
        var target = Prepare("named", separateWal: false, oldExists: true) with { KeepOldAs = "member.2026" };

        new DataDirSwap(target).Execute();

        Assert.Equal("old", File.ReadAllText(Path.Combine(target.DataDirectory, "member.2026", "snap", "db")));
    }

    private SwapTarget Prepare(string name, bool separateWal, bool oldExists)
    {
        var target = new SwapTarget
        {
            DataDirectory = _temp[name],
            Id = name,
            WalDirectory = separateWal ? _temp[name + "-wal"] : null,
        };
        if (oldExists)
        {
            Fill(target.MemberDirectory, target.WalDirectory, "old");
        }

        Directory.CreateDirectory(target.DataDirectory);
        Directory.CreateDirectory(target.WalDirectory ?? target.DataDirectory);
        Stage(target);
        return target;
    }

    private static void Stage(SwapTarget target) => Fill(Path.Combine(target.StageDirectory, "member"), target.WalStageDirectory, "new");

    private static void Fill(string member, string? wal, string content)
    {
        wal ??= Path.Combine(member, "wal");
        Directory.CreateDirectory(Path.Combine(member, "snap"));
        Directory.CreateDirectory(wal);
        File.WriteAllText(Path.Combine(member, "snap", "db"), content);
        File.WriteAllText(Path.Combine(wal, "0000000000000000-0000000000000000.wal"), content);
        if (content == "old")
        {
            File.WriteAllText(Path.Combine(wal, "0000000000000001-0000000000000fff.wal"), content);
        }
    }

    private static void AssertNew(SwapTarget target, bool oldExists)
    {
        AssertMember(target.MemberDirectory, target.WalDirectory, "new");
        Assert.False(Directory.Exists(Path.Combine(target.StageDirectory, "member")));
        Assert.Equal(oldExists, Directory.Exists(target.OldMemberDirectory));
        if (oldExists)
        {
            var oldWal = target.WalDirectory is null ? null : Path.Combine(target.WalDirectory, ".kb-old-" + target.Id);
            AssertMember(target.OldMemberDirectory, oldWal, "old");
        }
    }

    private static void AssertOld(SwapTarget target, bool oldExists)
    {
        AssertMember(Path.Combine(target.StageDirectory, "member"), target.WalStageDirectory, "new");
        Assert.False(Directory.Exists(target.OldMemberDirectory));
        Assert.Equal(oldExists, Directory.Exists(target.MemberDirectory));
        if (oldExists)
        {
            AssertMember(target.MemberDirectory, target.WalDirectory, "old");
        }
    }

    private static void AssertMember(string member, string? wal, string content)
    {
        Assert.Equal(content, File.ReadAllText(Path.Combine(member, "snap", "db")));
        var files = Directory.GetFiles(wal ?? Path.Combine(member, "wal"), "*.wal");
        Assert.Contains(files, file => file.EndsWith("0000000000000000-0000000000000000.wal", StringComparison.Ordinal));
        Assert.All(files, file => Assert.Contains(File.ReadAllText(file), (string[])[content, "later"]));
        Assert.Equal(content == "old" ? 2 : 1, files.Count(file => File.ReadAllText(file) == content));
    }

    // Runs the action and throws before its step number crashAt; false when it ended without reaching that step.
    private static bool CrashAt(SwapTarget target, int crashAt, Action<DataDirSwap> action)
    {
        var step = 0;
        try
        {
            action(new DataDirSwap(target, name =>
            {
                if (step++ == crashAt)
                {
                    throw new OperationCanceledException("crash before " + name);
                }
            }));
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private static DataDirFault FaultOf(SwapTarget target, Action<DataDirSwap> action) =>
        Assert.Throws<DataDirException>(() => action(new DataDirSwap(target))).Fault;
}
