using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

/// <summary>Volumes of pods.</summary>
internal static class PodVolumeViews
{
    public static readonly View<PodVolume> Volume = new View<PodVolume>()
        .Text("namespace", "Namespace", v => v.Namespace)
        .Text("pod", "Pod", v => v.Pod)
        .Text("podUid", "Pod UID", v => v.PodUid, FieldPlace.Documents)
        .Text("volume", "Volume", v => v.Volume)
        .Text("kind", "Kind", v => v.Block ? $"{v.Kind}, block" : v.Kind.ToString())
        .Text("claim", "Claim", v => v.Claim)
        .Text("claimUid", "Claim UID", v => v.ClaimUid, FieldPlace.Documents)
        .Text("persistentVolume", "Persistent volume", v => v.PersistentVolume)
        .Text("persistentVolumeUid", "Its UID", v => v.PersistentVolumeUid, FieldPlace.Documents)
        .Text("storageClass", "Storage class", v => v.StorageClass)
        .Text("driver", "Driver", v => v.Driver, FieldPlace.Documents)
        .Text("handle", "Handle", v => v.Handle, FieldPlace.Documents)
        .List("subPaths", "Mounted parts", v => v.SubPaths)
        .Text("rule", "Chosen by", v => v.Rule);
}
