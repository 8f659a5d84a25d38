using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using PodVolume = K8sBackup.Model.Manifests.PodVolume;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Restores;

/// <summary>
/// Finds the running pod through which a restore gets at a volume, or says why there is none. A snapshot goes back by itself only into the
/// volume it is bound to; into anything else only when that is named. Changes nothing.
/// </summary>
public sealed class VolumeTargets
{
    private const int ListedMax = 20;

    private readonly NodeRegistry _nodes;
    private readonly IClusterView? _cluster;

    public VolumeTargets(NodeRegistry nodes, IClusterView? cluster = null)
    {
        _nodes = nodes;
        _cluster = cluster;
    }

    /// <summary>The volume the snapshot is of, where it is mounted now.</summary>
    /// <exception cref="BackupException">It is not there any more, not that one any more, or no running pod has it.</exception>
    public VolumeTarget Own(PodVolume bound)
    {
        ArgumentNullException.ThrowIfNull(bound);
        ClusterState state = Known();
        VolumeUse[] uses = [.. VolumeUses.Of(state).Where(use => VolumeIdentity.IsSame(use.Volume, bound))];
        return uses.Length > 0 ? Seat(state, uses, bound) : throw new BackupException(FailureCause.NotFound, WhyGone(state, bound));
    }

    /// <summary>The volume of that name; <paramref name="bound"/> is what the snapshot is of, null when that is no volume of a pod.</summary>
    /// <exception cref="BackupException">There is none, it is not meant for files, or no running pod has it.</exception>
    public VolumeTarget Named(Wire.VolumeName name, PodVolume? bound)
    {
        ArgumentNullException.ThrowIfNull(name);
        bool isOne = name.Namespace.Length > 0 && name.Claim.Length > 0 != name.Pod.Length > 0 && (name.Volume.Length == 0 || name.Pod.Length > 0);
        if (!isOne)
        {
            throw new BackupException(FailureCause.InvalidRequest, "The volume to restore into is named by namespace and claim, or by namespace, pod and volume.");
        }

        ClusterState state = Known();
        RequireNamespace(state, name.Namespace);
        return Seat(state, name.Pod.Length > 0 ? OfPod(state, name) : OfClaim(state, name), bound);
    }

    private ClusterState Known() => _cluster switch
    {
        null => throw new BackupException(
            FailureCause.InvalidRequest,
            "Nothing is known of pods and their volumes: the coordinator's configuration has no section kubernetes. Name a directory of a node as target."),
        { Current: { } state } => state,
        _ => throw new BackupException(FailureCause.NodeUnavailable, "The cluster's API has not answered since the coordinator started, so that nothing is known of pods and their volumes."),
    };

    private static void RequireNamespace(ClusterState state, string name)
    {
        if (state.Namespaces.All(ns => ns.Metadata.Name != name))
        {
            throw new BackupException(FailureCause.NotFound, $"The namespace {name} is not there.");
        }
    }

    private static VolumeUse[] OfClaim(ClusterState state, Wire.VolumeName name)
    {
        VolumeUse[] uses = [.. VolumeUses.Of(state).Where(use => use.Volume.ClaimUid.Length > 0 && use.Volume.Namespace == name.Namespace && use.Volume.Claim == name.Claim)];
        return uses.Length > 0 ? uses : throw new BackupException(FailureCause.NotFound, $"There is no claim {VolumeNameText.Of(name)}.");
    }

    private static VolumeUse[] OfPod(ClusterState state, Wire.VolumeName name)
    {
        string pod = $"{name.Namespace}/{name.Pod}";
        Pod found = state.Pods.FirstOrDefault(p => p.Metadata.Namespace == name.Namespace && p.Metadata.Name == name.Pod)
            ?? throw new BackupException(FailureCause.NotFound, $"There is no pod {pod}.");
        if (found.Status.Phase != "Running")
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The pod {pod} does not run: it is {(found.Status.Phase.Length > 0 ? found.Status.Phase : "not scheduled")}.");
        }

        VolumeUse[] all = [.. VolumeUses.Of(state).Where(use => use.Volume.PodUid == found.Metadata.Uid)];
        VolumeUse[] meant = [.. all.Where(use => name.Volume.Length == 0 ? !use.IsNeverRead : use.Volume.Volume == name.Volume)];
        string has = all.Length == 0 ? "none" : string.Join(", ", all.Take(ListedMax).Select(use => use.Volume.Volume));
        return meant.Length switch
        {
            1 => meant,
            0 when name.Volume.Length > 0 => throw new BackupException(FailureCause.NotFound, $"The pod {pod} has no volume '{name.Volume}'; it has {has}."),
            0 => throw new BackupException(FailureCause.NotFound, $"The pod {pod} has no volume to restore into; it has {has}."),
            _ => throw new BackupException(FailureCause.InvalidRequest, $"The pod {pod} has several volumes; say which: {has}."),
        };
    }

    private VolumeTarget Seat(ClusterState state, VolumeUse[] uses, PodVolume? bound)
    {
        VolumeUse first = uses[0];
        string name = VolumeNameText.Of(PodVolumeMapping.ToWire(first.Volume));
        if (first.IsNeverRead)
        {
            throw new BackupException(FailureCause.PermissionDenied, $"{name} is of kind {first.Volume.Kind}: it shows what is kept elsewhere, and is never written.");
        }

        HashSet<string> leaving = [.. state.Pods.Where(pod => pod.Metadata.DeletionTimestamp is not null).Select(pod => pod.Metadata.Uid)];
        VolumeUse[] running = [.. uses.Where(use => use.IsRunning && !leaving.Contains(use.Volume.PodUid))];
        string obstacle = first.Volume.Block ? $"{name} is a raw block volume, which has no files."
            : first.Obstacle.Length > 0 ? $"{name}: {first.Obstacle}"
            : running.Length == 0 ? WhyIdle(name, uses)
            : "";
        if (obstacle.Length > 0)
        {
            throw new BackupException(FailureCause.TargetUnusable, obstacle);
        }

        VolumeUse? seat = running.Where(use => _nodes.Find(use.Node) is not null)
            .OrderByDescending(use => _nodes.IsConnected(use.Node)).ThenBy(use => use.Node, StringComparer.Ordinal).ThenBy(use => use.Volume.Pod, StringComparer.Ordinal)
            .FirstOrDefault();
        return seat is null
            ? throw new BackupException(FailureCause.NodeUnavailable, $"{name} is mounted on {string.Join(", ", running.Select(use => use.Node).Distinct())}, and no agent of it has ever enrolled.")
            : new VolumeTarget(seat, bound is not null && VolumeIdentity.IsSame(seat.Volume, bound));
    }

    private static string WhyIdle(string name, VolumeUse[] uses)
    {
        string[] pods = [.. uses.Where(use => use.Volume.Pod.Length > 0).Select(use => use.IsRunning ? $"{use.Volume.Pod} is being deleted"
            : use.Node.Length == 0 ? $"{use.Volume.Pod} is not scheduled on a node" : $"{use.Volume.Pod} does not run").Distinct().Take(ListedMax)];
        return pods.Length == 0 ? $"No pod mounts {name}." : $"No running pod has {name}: {string.Join(", ", pods)}.";
    }

    private static string WhyGone(ClusterState state, PodVolume bound)
    {
        string ns = bound.Namespace;
        if (state.Namespaces.All(each => each.Metadata.Name != ns))
        {
            return $"The snapshot is of a volume in the namespace {ns}, which is not there any more. Name the volume to restore into.";
        }

        if (bound.Claim.Length == 0)
        {
            return bound.Kind == PodVolumeKind.Nfs
                ? $"No pod has the export {bound.Handle} any more. Name the volume to restore into."
                : $"The snapshot is of the volume {bound.Volume} of the pod {ns}/{bound.Pod}, and that pod is not there any more. Name the volume to restore into.";
        }

        VolumeUse? now = VolumeUses.Of(state).FirstOrDefault(use => use.Volume.ClaimUid.Length > 0 && use.Volume.Namespace == ns && use.Volume.Claim == bound.Claim);
        return now is null ? $"The claim {ns}/{bound.Claim} is not there any more. Name the volume to restore into."
            : now.Volume.ClaimUid != bound.ClaimUid
                ? $"The claim {ns}/{bound.Claim} is not the one the snapshot is of: it was made again (UID {now.Volume.ClaimUid}, not {bound.ClaimUid}). Name it to restore into it."
                : $"The claim {ns}/{bound.Claim} has another volume by now (UID {now.Volume.PersistentVolumeUid}, not {bound.PersistentVolumeUid}). Name it to restore into it.";
    }
}
