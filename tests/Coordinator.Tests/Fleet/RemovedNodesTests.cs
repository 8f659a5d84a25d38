using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Fleet;

public sealed class RemovedNodesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _clock = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Refuses_WhatWasIssuedBefore_AlsoAfterARestart()
    {
        new RemovedNodes(new FileStateHome(_directory.Path), _clock).Add("w-1");
        RemovedNodes removed = new(new FileStateHome(_directory.Path), _clock);
        Assert.True(removed.Refuses("w-1", _clock.GetUtcNow()));
        Assert.True(removed.Refuses("w-1", _clock.GetUtcNow() - TimeSpan.FromHours(3)));
        Assert.False(removed.Refuses("w-1", _clock.GetUtcNow() + TimeSpan.FromSeconds(1)));
        Assert.False(removed.Refuses("w-2", _clock.GetUtcNow()));
    }

    [Fact]
    public void Add_ForgetsThoseWhoHaveNoCertificateLeft()
    {
        FileStateHome home = new(_directory.Path);
        RemovedNodes removed = new(home, _clock);
        removed.Add("w-1");
        _clock.Advance(TimeSpan.FromHours(12));
        removed.Add("w-2");
        Assert.Equal(["w-1", "w-2"], home.Read<RemovedNode[]>("removed-nodes")!.Select(node => node.Name));
        _clock.Advance(TimeSpan.FromMinutes(6));
        removed.Add("w-3");
        Assert.Equal(["w-2", "w-3"], home.Read<RemovedNode[]>("removed-nodes")!.Select(node => node.Name));
    }

    [Fact]
    public void EndOf_Removed_IsCancelledForThatNodeOnly()
    {
        RemovedNodes removed = new(new FileStateHome(_directory.Path), _clock);
        CancellationToken end = removed.EndOf("w-1");
        CancellationToken other = removed.EndOf("w-2");
        removed.Add("w-1");
        Assert.True(end.IsCancellationRequested);
        Assert.False(other.IsCancellationRequested);
        Assert.False(removed.EndOf("w-1").IsCancellationRequested);
    }

    [Fact]
    public void Look_NodeDeletedFromTheCluster_IsRemoved()
    {
        NodeRegistry nodes = new(new FileStateHome(_directory.Path), _clock);
        foreach (string name in (string[])["w-1", "w-2", "outside"])
        {
            using AgentConnection connection = new();
            nodes.Connect(new NodeRecord { Name = name, Role = Role.Worker, LastSeen = _clock.GetUtcNow(), CertificateNotAfter = _clock.GetUtcNow() }, connection);
        }

        ChangingView view = new() { Current = new ClusterState { Nodes = ["w-1", "w-2"] } };
        using DeletedNodes deleted = new(view, nodes, _clock, NullLogger<DeletedNodes>.Instance);
        deleted.Look();
        // What the API said long ago is no reason to shut anybody out.
        view.Current = new ClusterState { Nodes = ["w-1"], Age = TimeSpan.FromHours(1) };
        deleted.Look();
        Assert.Equal(["outside", "w-1", "w-2"], nodes.Nodes.Select(node => node.Name));

        view.Current = new ClusterState { Nodes = ["w-1"] };
        deleted.Look();
        Assert.Equal(["outside", "w-1"], nodes.Nodes.Select(node => node.Name));
        Assert.True(nodes.Removed.Refuses("w-2", _clock.GetUtcNow()));
        Assert.False(nodes.Removed.Refuses("outside", _clock.GetUtcNow()));
    }

    private sealed class ChangingView : IClusterView
    {
        public ClusterState? Current { get; set; }
    }
}
