using Google.Protobuf;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Runs;

/// <summary>
/// What a run does when the pod of a claim had left its node by the time its volume was read: where a running pod has the same claim now, it is
/// read there, once in a run. Data that is the node's own does not move, and a pod that was held by hooks is not read through another that is not.
/// </summary>
internal static class MovedVolume
{
    /// <summary>The step after a source ended; null when there is none.</summary>
    public static SourceFallback? After(RunRecord run, RunSource ended, WorkOutcome outcome, ClusterState? state, NodeRegistry nodes)
    {
        bool mayMove = ended is { HasMoved: false, Volume: { ClaimUid.Length: > 0, Kind: PodVolumeKind.Csi or PodVolumeKind.Nfs or PodVolumeKind.InTree } }
            && run.CancelledBy is null
            && run.Hooks.All(hook => hook.Pod.Uid != ended.PodUid);
        if (!mayMove || state is null || outcome is not WorkOutcome.Failed { Failure: { Cause: FailureCause.SourceMissing } failure })
        {
            return null;
        }

        VolumeUse? seat = VolumeUses.Of(state)
            .Where(use => use.IsRunning && use.Node != ended.Source.Node && VolumeIdentity.IsSame(use.Volume, ended.Volume!) && nodes.Find(use.Node) is not null)
            .OrderByDescending(use => nodes.IsConnected(use.Node)).ThenBy(use => use.Node, StringComparer.Ordinal).ThenBy(use => use.Volume.PodUid, StringComparer.Ordinal)
            .FirstOrDefault();
        return seat is null || run.Sources.Any(s => s.Source == ended.Source with { Node = seat.Node })
            ? null
            : new SourceFallback(At(ended, seat), true, $"{ended.Source}: {failure.Message} {seat.Volume.Namespace}/{seat.Volume.Pod} on {seat.Node} has it by now and is read instead.");
    }

    private static RunSource At(RunSource ended, VolumeUse seat)
    {
        SourceKey key = ended.Source with { Node = seat.Node };
        PodVolume volume = seat.Volume with { Rule = ended.Volume!.Rule };
        Wire.BackupTask task = JsonParser.Default.Parse<Wire.BackupTask>(ended.Task);
        task.Source = SourceMapping.ToWire(key);
        task.Volume.PodVolume = new Wire.PodVolumeOptions { Volume = PodVolumeMapping.ToWire(volume), PodDirectory = seat.PodDirectory };
        return new RunSource { Source = key, Task = JsonFormatter.Default.Format(task), State = SourceState.Waiting, Volume = volume, HasMoved = true };
    }
}
