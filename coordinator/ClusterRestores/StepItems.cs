using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>Makes work for the board of what the machine orders.</summary>
internal static class StepItems
{
    public static string IdOf(ClusterRestoreRecord record, StepOrder order) =>
        WorkIds.ForStep(record.Id, $"{order.Phase} {order.Step}", order.Node, order.Attempt);

    public static WorkItem Create(ClusterRestoreRecord record, StepOrder order, TimeSpan patience)
    {
        RestoreStepTask task = new()
        {
            RestoreId = record.Id.ToString(),
            Source = SourceMapping.ToWire(record.Source),
            Step = order.Step,
            Target = order.Step == RestoreStep.Inspect ? null : MessageJson.Parse<RestoreTarget>(record.Target),
            TargetVersion = record.TargetVersion.Length > 0 ? record.TargetVersion : FoundVersion(record, order.Node),
            PatienceSeconds = (int)patience.TotalSeconds,
        };
        // Only this step may read the snapshot.
        RestoreWork? snapshot = order.Step == RestoreStep.Stage ? new RestoreWork(record.Id, record.Snapshot, record.Source, []) : null;
        return WorkItem.ForStep(IdOf(record, order), order.Node, new StepWork(record.Id, record.Source), snapshot, task);
    }

    private static string FoundVersion(ClusterRestoreRecord record, string node) =>
        record.Nodes.Single(each => each.Name == node).Facts is { } facts ? MessageJson.Parse<NodeFacts>(facts).EtcdVersion : "";
}
