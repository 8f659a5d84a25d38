using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.V1;
using Failure = K8sBackup.Model.Outcomes.Failure;
using SourceKey = K8sBackup.Model.Ids.SourceKey;
using SourceKind = K8sBackup.Model.Ids.SourceKind;
using RestoreState = K8sBackup.Coordinator.Restores.RestoreState;

namespace K8sBackup.Coordinator.Tests.ClusterRestores;

/// <summary>Model nodes, and the machine that orders their steps, without anything in between.</summary>
internal sealed class ModelCluster
{
    public const string Name = "prod";

    private const int StepsMax = 500;

    public ModelCluster(int count, params string[] stopped)
    {
        List<ModelNode> nodes = [];
        nodes.AddRange(Enumerable.Range(1, count).Select(i => new ModelNode($"cp-{i}", () => nodes)));
        Nodes = nodes;
        bool rejoin = stopped.Contains("rejoin");
        RestoreId id = RestoreId.Create(TimeProvider.System);
        Record = new ClusterRestoreRecord
        {
            Id = id,
            Cluster = Name,
            Point = RestorePointId.Create(TimeProvider.System),
            Snapshot = SnapshotId.Create(TimeProvider.System),
            Source = new SourceKey("cp-1", SourceKind.Etcd, "main"),
            Evidence = new SnapshotEvidence(7, 1 << 20, "3.5.0", DateTimeOffset.UnixEpoch, [.. nodes.Select(node => node.Name)]),
            Nodes = [.. nodes.Select(node => new ClusterNode { Name = node.Name, Part = stopped.Contains(node.Name) ? rejoin ? NodePart.Rejoin : NodePart.Stopped : NodePart.Member })],
            Target = MessageJson.ToJson(new RestoreTarget { ClusterToken = $"kb-restore-{id}", RevisionBump = 1000 }),
            Phase = ClusterPhase.Inspecting,
            State = RestoreState.Waiting,
            StartedAt = DateTimeOffset.UnixEpoch,
            StartedBy = "alice",
        };
    }

    public IReadOnlyList<ModelNode> Nodes { get; }

    public ClusterRestoreRecord Record { get; set; }

    public ModelNode this[string name] => Nodes.Single(node => node.Name == name);

    public IReadOnlyList<string> Violations => [.. Nodes.SelectMany(node => node.Violations)];

    /// <summary>Plans and confirms.</summary>
    public ModelCluster Begin()
    {
        Run();
        Record = ClusterRestoreMachine.Confirm(Record, Name, "alice");
        return this;
    }

    /// <summary>Lets everything happen that can; one order at a time, chosen by <paramref name="choose"/>. Stops after so many steps.</summary>
    public int Run(int steps = StepsMax, Func<int, int>? choose = null)
    {
        for (int i = 0; i < steps; i++)
        {
            Settle();
            IReadOnlyList<StepOrder> wanted = ClusterRestoreMachine.Wanted(Record);
            if (wanted.Count == 0)
            {
                return i;
            }

            StepOrder order = wanted[choose?.Invoke(wanted.Count) ?? 0];
            (RestoreStepReport? report, Failure? failure) = this[order.Node].Do(Task(order));
            Record = ClusterRestoreMachine.Apply(Record, order, report, failure);
        }

        Settle();
        return steps;
    }

    public void Settle()
    {
        while (ClusterRestoreMachine.Advance(Record) is { } next && !ReferenceEquals(next, Record))
        {
            Record = next;
        }
    }

    public RestoreStepTask Task(StepOrder order) => StepItems.Create(Record, order, TimeSpan.FromSeconds(1)).Work.Step;
}
