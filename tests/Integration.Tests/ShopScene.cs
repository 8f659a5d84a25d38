using K8sBackup.TestKit.Kubelet;

namespace K8sBackup.Integration.Tests;

/// <summary>
/// A pod with volumes of many kinds, one on the other node that shares one of them, and what is not as the API says: a pod that is gone from
/// its node, and a claim that no pod has.
/// </summary>
/// <param name="Site">The part of the claim's volume that the pod has, as this machine sees it.</param>
internal sealed record ShopScene(string Site)
{
    public const string Page = "<h1>shop</h1>";
    public const string Secret = "never-to-be-read";

    public static async Task<ShopScene> SeedAsync(PodVolumeFixture cluster)
    {
        (string data, string dataHandle) = cluster.SeedClaim("data");
        (string shared, string sharedHandle) = cluster.SeedClaim("shared", "ReadWriteMany");
        cluster.SeedClaim("idle");
        string web = cluster.SeedPod(
            "web", PodVolumeFixture.First,
            """
            [{"name": "cache", "emptyDir": {}}, {"name": "logs", "hostPath": {"path": "/srv/shared/logs"}}, {"name": "key", "secret": {"secretName": "key"}},
             {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}]
            """,
            """[{"name": "data", "mountPath": "/www", "subPath": "site"}]""");
        string mirror = cluster.SeedPod("mirror", PodVolumeFixture.Second, """[{"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}]""");
        cluster.SeedPod("ghost", PodVolumeFixture.Second, """[{"name": "scratch", "emptyDir": {}}]""", annotations: """{"k8sbackup.dev/exclude-volumes": "scratch"}""");

        KubeletTree first = cluster.Kubelet(PodVolumeFixture.First);
        await WriteAsync(first.EmptyDir(web, "cache"), "thumbnail", "small");
        await WriteAsync(first.Volume(web, "kubernetes.io/secret", "key"), "password", Secret);
        await WriteAsync(cluster.On(PodVolumeFixture.First, "/srv/shared/logs"), "access.log", "GET /");
        string volume = await first.CsiAsync(web, data, "csi.example", dataHandle);
        await WriteAsync(Path.Combine(volume, "site"), "index.html", Page);

        // One file server that both nodes have mounted.
        string export = cluster.On("file-server", "/export");
        await WriteAsync(export, "both", "of many");
        await first.BindAsync(export, first.UnmountedCsi(web, shared, "csi.example", sharedHandle));
        KubeletTree second = cluster.Kubelet(PodVolumeFixture.Second);
        await second.BindAsync(export, second.UnmountedCsi(mirror, shared, "csi.example", sharedHandle));
        return new ShopScene(Path.Combine(volume, "site"));
    }

    private static async Task WriteAsync(string directory, string name, string text)
    {
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(Path.Combine(directory, name), text);
    }
}
