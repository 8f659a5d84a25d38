using Google.Protobuf;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Transport.Identity;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Runs;

/// <summary>A run that is to read one member of etcd, and the first gives nothing to rely on.</summary>
public sealed class EtcdFallbackTests : IAsyncLifetime
{
    private static readonly SourceKey First = new("cp-1", SourceKind.Etcd, "etcd");
    private static readonly SourceKey Second = First with { Node = "cp-2" };
    private static readonly SourceKey Third = First with { Node = "cp-3" };
    private readonly RunWorld _world = new();

    public Task InitializeAsync()
    {
        _world.Connect("cp-1", Role.ControlPlane);
        _world.Connect("cp-2", Role.ControlPlane);
        _world.Connect("cp-3", Role.ControlPlane);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Run_FirstNodeFails_TheNextIsAskedAndTheRunCompletes()
    {
        RunId id = Start();
        await _world.FailAsync(id, First);
        await _world.CommitAsync(id, Second);

        RunRecord run = await _world.OverAsync(id);

        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal([Second], run.Sources.Select(s => s.Source));
        Assert.Contains("gone cp-2 is asked instead.", Assert.Single(run.Notes), StringComparison.Ordinal);
        Assert.Equal(Second, Assert.Single(Assert.Single(_world.Repository.Points).Sources).Source);
        await _world.UntilAsync(() => _world.Board.OfNode("cp-1").Count == 0);
    }

    [Fact]
    public async Task Run_EveryNodeFails_IsFailedWithTheLastFailure()
    {
        RunId id = Start();
        await _world.FailAsync(id, First);
        await _world.FailAsync(id, Second);
        await _world.FailAsync(id, Third);

        RunRecord run = await _world.OverAsync(id);

        Assert.Equal(RunState.Failed, run.State);
        Assert.Equal(Third, Assert.Single(run.Sources).Source);
        Assert.Equal(2, run.Notes.Count);
    }

    [Fact]
    public async Task Run_SuspectSnapshot_IsKeptAndAnotherMemberIsReadWithoutTheSuspectOne()
    {
        RunId id = Start();
        await CommitAsync(id, First, Suspect("aa", "m1"));
        WorkItem next = await _world.WorkAsync(id, Second);
        Assert.Equal(["aa"], next.Work.Backup.Etcd.AvoidMemberIds);
        await _world.RestartAsync();
        await CommitAsync(id, Second, Suspect("bb", "m2"));
        Assert.Equal(["aa", "bb"], (await _world.WorkAsync(id, Third)).Work.Backup.Etcd.AvoidMemberIds);
        await CommitAsync(id, Third, Proved("cc", "m3", differing: "m1"));

        RunRecord run = await _world.OverAsync(id);

        Assert.Equal([First, Second, Third], run.Sources.Select(s => s.Source));
        Assert.Equal([SourceState.PartiallyFailed, SourceState.PartiallyFailed, SourceState.Completed], run.Sources.Select(s => s.State));
        Assert.Equal(RunState.PartiallyFailed, run.State);
        Assert.Equal(3, Assert.Single(_world.Repository.Points).Sources.Count(s => s.Snapshot is not null));
        Assert.Contains(run.Notes, note => note.Contains("etcd/etcd@cp-1 is suspect and kept", StringComparison.Ordinal));
        string warning = Assert.Single(await new RunWarnings(_world.Store).WarningsAsync(default));
        Assert.Contains("etcd/etcd@cp-1 is suspect and kept", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SuspectSnapshotOfALoneNode_ThatNodeIsAskedOnceMoreForAnotherMember()
    {
        SourceKey lone = First with { Node = "lone" }, second = lone with { Name = "etcd-second-member" };
        _world.Connect("lone", Role.ControlPlane);
        RunId id = _world.Engine.Start(_world.Plan("  sources: [{etcd: {}, nodes: [{names: [lone]}]}]"), "admin", "").Run.Id;
        await CommitAsync(id, lone, Suspect("aa", "m1"));
        Assert.Equal(["aa"], (await _world.WorkAsync(id, second)).Work.Backup.Etcd.AvoidMemberIds);
        await CommitAsync(id, second, Suspect("bb", "m2"));

        RunRecord run = await _world.OverAsync(id);

        Assert.Equal([lone, second], run.Sources.Select(s => s.Source));
        Assert.Equal(2, Assert.Single(_world.Repository.Points).Sources.Count(s => s.Snapshot is not null));
        Assert.Contains(run.Notes, note => note.Contains("lone is asked for another member, too", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_OnceDoubtful_IsWarnedOfUntilTheNextRunOfThePlanIsSound()
    {
        RunWarnings warnings = new(_world.Store);
        RunId id = Start();
        await CommitAsync(id, First, Proved("aa", "m1", differing: "m3"));
        await _world.OverAsync(id);
        Assert.Contains("the member m3", Assert.Single(await warnings.WarningsAsync(default)), StringComparison.Ordinal);

        RunId next = Start();
        await _world.CommitAsync(next, First);
        await _world.OverAsync(next);
        Assert.Empty(await warnings.WarningsAsync(default));
    }

    [Fact]
    public async Task Run_MemberThatDisagreesWithTheMajority_IsNotCompletedAndSaysWhich()
    {
        RunId id = Start();
        await CommitAsync(id, First, Proved("aa", "m1", differing: "m3"));

        RunRecord run = await _world.OverAsync(id);

        Assert.Equal((RunState.PartiallyFailed, SourceState.Completed), (run.State, Assert.Single(run.Sources).State));
        Assert.Contains("the member m3", Assert.Single(run.Notes), StringComparison.Ordinal);
        Assert.Equal(SnapshotOutcome.PartiallyFailed, Assert.Single(_world.Repository.Points).Outcome);
    }

    [Fact]
    public async Task Run_CancelledWhileTheFirstWorks_AsksNobodyElse()
    {
        RunId id = Start();
        await _world.WorkAsync(id, First);
        _world.Engine.Cancel(id, "admin");
        await _world.FailAsync(id, First);

        RunRecord run = await _world.OverAsync(id);

        Assert.Equal(First, Assert.Single(run.Sources).Source);
    }

    [Fact]
    public void Task_OfTheNextNode_IsTheSameButForNodeAndMembers()
    {
        RunSource first = new() { Source = First, Task = TaskText("https://x:2379"), State = SourceState.Failed, Alternatives = ["cp-2", "cp-3"] };
        RunRecord run = _world.Get(Start()) with { Sources = [first] };

        SourceFallback step = SourceFallback.After(run, first, new WorkOutcome.SnapshotCommitted(_world.Repository.Commit(run.Id, First) with { Etcd = Suspect("aa", "m1") }))!;

        Wire.BackupTask task = JsonParser.Default.Parse<Wire.BackupTask>(step.Next.Task);
        Assert.Equal(("cp-2", "https://x:2379"), (task.Source.Node, task.Etcd.Endpoint));
        Assert.Equal(["cp-3"], step.Next.Alternatives);
    }

    private static string TaskText(string endpoint) => JsonFormatter.Default.Format(
        new Wire.BackupTask { Source = new Wire.SourceKey { Node = "cp-1", Kind = Wire.SourceKind.Etcd, Name = "etcd" }, Etcd = new Wire.EtcdOptions { Endpoint = endpoint } });

    private static EtcdEvidence Suspect(string id, string name) => Evidence(id, name, [
        Proof(id, name, EtcdProofState.Agrees), Proof("d1", "o1", EtcdProofState.Differs), Proof("d2", "o2", EtcdProofState.Differs)]);

    private static EtcdEvidence Proved(string id, string name, string differing) => Evidence(id, name, [
        Proof(id, name, EtcdProofState.Agrees), Proof("d1", "o1", EtcdProofState.Agrees), Proof("d2", differing, EtcdProofState.Differs)]);

    private static EtcdMemberProof Proof(string id, string name, EtcdProofState state) => new(id, name, "3.5.21", "follower", 1, state, 1, 0, "");

    private static EtcdEvidence Evidence(string id, string name, EtcdMemberProof[] proof) => new()
    {
        Revision = 100,
        Keys = 1,
        DatabaseBytes = 1,
        PageBytes = 4096,
        ClusterId = "c",
        MemberId = id,
        MemberName = name,
        ServerVersion = "3.5.21",
        Sha256 = "",
        Verified = ["V1", "V2", "V3"],
        Proof = proof,
    };

    private RunId Start() => _world.Engine.Start(_world.Plan("  sources: [{etcd: {}}]"), "admin", "").Run.Id;

    private async Task CommitAsync(RunId run, SourceKey source, EtcdEvidence evidence)
    {
        WorkItem item = await _world.WorkAsync(run, source);
        SnapshotManifest manifest = _world.Repository.Commit(
            run, source, evidence.IsVerified ? SnapshotOutcome.Completed : SnapshotOutcome.PartiallyFailed, evidence);
        _world.Board.ReportResult(item.WorkId, new WorkOutcome.SnapshotCommitted(manifest));
    }
}
