using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Fleet;

public sealed class WorkBoardTests
{
    private static readonly RunId Run = RunId.Parse("01hzzzzzzzzzzzzzzzzzzzzzz1");
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private readonly WorkBoard _board = new();

    [Fact]
    public void Add_KnownId_KeepsTheStandingItem()
    {
        WorkItem first = _board.Add(Item(Volume));
        Assert.Same(first, _board.Add(Item(Volume)));
    }

    [Fact]
    public void Add_TheStandingItemAgain_IsNoChange()
    {
        WorkItem item = _board.Add(Item(Volume));
        int changes = 0;
        _board.Changed += _ => changes++;
        _board.Add(item);
        _board.Add(Item(Volume));
        Assert.Equal(0, changes);
    }

    [Fact]
    public async Task ReportResult_Twice_FirstStands()
    {
        WorkItem item = _board.Add(Item(Volume));
        Assert.True(_board.ReportResult(item.WorkId, Failed("first")));
        Assert.False(_board.ReportResult(item.WorkId, Failed("second")));
        Assert.Equal(Failed("first"), await item.Completion);
    }

    [Fact]
    public void ReportResult_UnknownWork_IsFalse() => Assert.False(_board.ReportResult("b-x", Failed("x")));

    [Fact]
    public void ReportProgress_AfterTheEnd_ChangesNothing()
    {
        WorkItem item = _board.Add(Item(Volume));
        _board.ReportResult(item.WorkId, Failed("x"));
        _board.ReportProgress(item.WorkId, new WorkProgress { BytesDone = 5 });
        Assert.Equal(WorkProgress.None, item.Progress);
    }

    [Fact]
    public void Cancel_StandingWork_CancelsTokenAndTellsTheNode()
    {
        WorkItem item = _board.Add(Item(Volume));
        List<string> told = [];
        _board.Changed += told.Add;
        _board.Cancel(item.WorkId);
        Assert.True(item.Cancellation.IsCancellationRequested);
        Assert.Equal(["node-1"], told);
    }

    [Fact]
    public void WorkIds_SameRunAndSource_AreStableAndDifferByNode()
    {
        Assert.Equal(WorkIds.ForBackup(Run, Volume), WorkIds.ForBackup(Run, new SourceKey("node-1", SourceKind.Volume, "data")));
        Assert.NotEqual(WorkIds.ForBackup(Run, Volume), WorkIds.ForBackup(Run, Volume with { Node = "node-2" }));
        Assert.Equal("b-01hzzzzzzzzzzzzzzzzzzzzzz1-06613567c7774c13", WorkIds.ForBackup(Run, Volume));
    }

    [Theory]
    [InlineData("node-1", Role.Worker, SourceKind.Volume, null)]
    [InlineData("node-1", Role.ControlPlane, SourceKind.Etcd, null)]
    [InlineData("node-2", Role.ControlPlane, SourceKind.Volume, StatusCode.PermissionDenied)]
    [InlineData("node-1", Role.Worker, SourceKind.Etcd, StatusCode.PermissionDenied)]
    [InlineData("node-1", Role.Worker, SourceKind.ControlPlaneFiles, StatusCode.PermissionDenied)]
    [InlineData("node-1", Role.Operator, SourceKind.Volume, StatusCode.PermissionDenied)]
    public void Require_CallerAndWork_FollowsNodeAndRole(string node, Role role, SourceKind kind, StatusCode? refusal)
    {
        WorkItem item = _board.Add(Item(new SourceKey("node-1", kind, "data")));
        PeerIdentity caller = new("prod", role, node);
        if (refusal is null)
        {
            Assert.Same(item, WorkAccess.Require(_board, item.WorkId, caller));
        }
        else
        {
            Assert.Equal(refusal, Assert.Throws<RpcException>(() => WorkAccess.Require(_board, item.WorkId, caller)).StatusCode);
        }
    }

    [Fact]
    public void Require_UnknownWork_IsNotFound()
    {
        PeerIdentity caller = new("prod", Role.Worker, "node-1");
        Assert.Equal(StatusCode.NotFound, Assert.Throws<RpcException>(() => WorkAccess.Require(_board, "b-x", caller)).StatusCode);
    }

    private static WorkItem Item(SourceKey source) =>
        WorkItem.ForBackup(new BackupWork(Run, "daily", source, DateTimeOffset.UnixEpoch), new Wire.BackupTask());

    private static WorkOutcome.Failed Failed(string message) =>
        new WorkOutcome.Failed(new Failure("node-1", "", FailureCause.Internal, message));
}
