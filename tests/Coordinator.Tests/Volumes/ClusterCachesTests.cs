using K8sBackup.Coordinator.Volumes;
using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.Model.Manifests;
using K8sBackup.TestKit;

namespace K8sBackup.Coordinator.Tests.Volumes;

/// <summary>From an API server to a decision.</summary>
public sealed class ClusterCachesTests
{
    [Fact]
    public async Task Current_IsWhatTheApiSaysAndStaysWhenItIsAway()
    {
        using TemporaryDirectory directory = new();
        FakeKubeServer kube = await FakeKubeServer.StartAsync(new FakeKubeOptions());
        kube.Seed("""{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod"}}""");
        kube.Seed("""{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}""");
        string claimUid = kube.Seed("""
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "prod"},
             "spec": {"accessModes": ["ReadWriteOnce"], "volumeName": "pv-1", "storageClassName": "fast"}, "status": {"phase": "Bound", "capacity": {"storage": "2Gi"}}}
            """)["metadata"]!["uid"]!.ToString();
        kube.Seed("""
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv-1"},
             "spec": {"capacity": {"storage": "2Gi"}, "csi": {"driver": "csi.example", "volumeHandle": "vol-7"}}}
            """);
        kube.Seed("""
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db-0", "namespace": "prod"},
             "spec": {"nodeName": "n1", "containers": [{"name": "db", "image": "x", "volumeMounts": [{"name": "d", "mountPath": "/d", "subPath": "part"}]}],
                      "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}, "status": {"phase": "Running"}}
            """);
        using KubernetesClient client = new(
            ClusterAccess.Read(kube.WriteKubeconfig(directory.Path), TimeProvider.System), new KubernetesClientOptions(), TimeProvider.System, new Random(1));
        using ClusterCaches caches = new(client, TimeProvider.System, () => new Random(2));
        Assert.Null(caches.Current);

        await caches.StartAsync(CancellationToken.None);
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        while (caches.Current is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }

        await kube.DisposeAsync();
        ClusterState state = caches.Current;
        VolumeDecision decision = Assert.Single(VolumeSelection.Decide(state, new VolumePolicy(true, true, [], true), _ => true, _ => true));
        await caches.StopAsync(CancellationToken.None);

        Assert.Equal((VolumeState.Chosen, "n1"), (decision.State, decision.Node));
        Assert.Equal((claimUid, PodVolumeKind.Csi, "vol-7", "fast"), (decision.Volume.ClaimUid, decision.Volume.Kind, decision.Volume.Handle, decision.Volume.StorageClass));
        Assert.Equal(["part"], decision.Volume.SubPaths);
        Assert.Equal(2L << 30, decision.Seats[0].Bytes);
        Assert.Equal(["n1"], state.Nodes);
    }
}
