using System.Text;
using System.Text.Json;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Volumes;

namespace K8sBackup.KubernetesApi.Tests.Resources;

public sealed class RecordTests
{
    [Fact]
    public void Read_PodWithEveryVolume_NamesTheSources()
    {
        Pod pod = KubernetesTypes.Pods.Read("""
            {"metadata": {"name": "p", "namespace": "n", "uid": "u", "unknown": {"deep": [1]}}, "spec": {"nodeName": "n1", "hostPID": true, "containers": [
              {"name": "c", "volumeMounts": [{"name": "a", "mountPath": "/a", "subPath": "x"}], "volumeDevices": [{"name": "b", "devicePath": "/dev/x"}]}],
             "volumes": [{"name": "a", "emptyDir": {"sizeLimit": "1Gi"}}, {"name": "b", "persistentVolumeClaim": {"claimName": "k"}}, {"name": "c", "csi": {"driver": "d"}},
              {"name": "d", "gcePersistentDisk": {"pdName": "x"}}, {"name": "e", "somethingNew": {}}, {"name": "f", "emptyDir": {}}, {"name": "g", "downwardAPI": {}},
              {"name": "h", "projected": {"sources": [{"serviceAccountToken": {"audience": "x", "path": "t"}}]}}, {"name": "i", "nfs": {"server": "s", "path": "/"}},
              {"name": "j", "hostPath": {"path": "/h"}}, {"name": "k", "ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "fast"}}}},
              {"name": "l", "configMap": {"name": "m"}}, {"name": "m", "secret": {"secretName": "s"}}]},
             "status": {"phase": "Running", "conditions": null, "containerStatuses": [{"name": "c", "ready": true, "state": {"running": {"startedAt": "2026-11-21T00:00:00Z"}}}]}}
            """u8);
        Assert.Equal(
            "emptyDir persistentVolumeClaim csi gcePersistentDisk  emptyDir downwardAPI projected nfs hostPath ephemeral configMap secret",
            string.Join(' ', pod.Spec.Volumes.Select(v => v.SourceName)));
        Assert.Equal(1L << 30, pod.Spec.Volumes[0].EmptyDir!.SizeLimit!.Value.Bytes);
        Assert.True(pod.Spec.HostPID);
        Assert.Equal("x", pod.Spec.Containers[0].VolumeMounts[0].SubPath);
        Assert.Empty(pod.Status.Conditions);
        Assert.Empty(pod.Metadata.OwnerReferences);
        Assert.NotNull(pod.Status.ContainerStatuses[0].State.Running);
    }

    [Fact]
    public void Read_PersistentVolume_HasClaimAndAffinity()
    {
        PersistentVolume volume = KubernetesTypes.PersistentVolumes.Read("""
            {"metadata": {"name": "pv"}, "spec": {"capacity": {"storage": "5Gi"}, "volumeMode": "Block", "local": {"path": "/mnt"}, "claimRef": {"uid": "u", "name": "c", "namespace": "n"},
             "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["n1"]}]}]}}}}
            """u8);
        Assert.Equal(("local", "u", "n1"), (
            volume.Spec.SourceName, volume.Spec.ClaimRef!.Uid, volume.Spec.NodeAffinity!.Required!.NodeSelectorTerms[0].MatchExpressions[0].Values[0]));
        Assert.Equal(5L << 30, volume.Spec.Capacity["storage"].Bytes);
    }

    [Fact]
    public void Write_EmptyFields_AreLeftOutUnlessTheyMeanSomething()
    {
        PersistentVolumeClaim claim = new()
        {
            Metadata = new ObjectMeta { Name = "c", Namespace = "n" },
            Spec = new PersistentVolumeClaimSpec { StorageClassName = "", AccessModes = [] },
        };
        using JsonDocument written = JsonDocument.Parse(KubernetesTypes.PersistentVolumeClaims.Write(claim));
        string[] spec = [.. written.RootElement.GetProperty("spec").EnumerateObject().Select(p => p.Name)];
        string[] meta = [.. written.RootElement.GetProperty("metadata").EnumerateObject().Select(p => p.Name)];
        Assert.Contains("storageClassName", spec);
        Assert.DoesNotContain("accessModes", spec);
        Assert.Equal(["name", "namespace"], meta.Order());
        Assert.Equal("v1", written.RootElement.GetProperty("apiVersion").GetString());
    }

    [Fact]
    public void ReadWrite_Times_AreAsTheServerWritesThem()
    {
        DateTimeOffset time = new(2026, 11, 21, 1, 2, 3, TimeSpan.FromHours(2));
        ObjectMeta meta = new() { Name = "x", CreationTimestamp = time };
        string json = Encoding.UTF8.GetString(KubernetesTypes.Namespaces.Write(new Cluster.Namespace { Metadata = meta }));
        Assert.Contains("\"2026-11-20T23:02:03Z\"", json, StringComparison.Ordinal);
        Assert.Equal(time, KubernetesTypes.Namespaces.Read(Encoding.UTF8.GetBytes(json)).Metadata.CreationTimestamp);
    }
}
