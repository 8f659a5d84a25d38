using System.Globalization;
using System.Text.Json;
using K8sBackup.Coordinator.Resources;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>A raw block volume of a pod, on a loop device: read without its zeros, told about, and back on a node byte for byte.</summary>
[Collection(PodCollection.Name)]
public sealed class BlockVolumeTests : IAsyncLifetime
{
    private const int DeviceBytes = 16 << 20;
    private const int NoiseBytes = 1_500_000;

    private readonly PodVolumeFixture _cluster;

    public BlockVolumeTests(PodVolumeFixture cluster) => _cluster = cluster;

    private KubeObjects Kube => _cluster.Kube;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _cluster.AssertSoundAsync();

    [Fact]
    public async Task BlockVolume_BackedUpWithoutItsZeros_ComesBackByteForByte()
    {
        byte[] content = new byte[DeviceBytes];
        new Random(7).NextBytes(content.AsSpan(DeviceBytes / 2, NoiseBytes));
        new Random(8).NextBytes(content.AsSpan(DeviceBytes - 512));
        string image = Path.Combine(_cluster.Cluster.Folder, "disk.img");
        await File.WriteAllBytesAsync(image, content);
        (string volume, string handle) = _cluster.SeedClaim("disk", volumeMode: "Block");
        string pod = _cluster.SeedPod("raw", PodVolumeFixture.First, """[{"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}]""");
        await _cluster.Kubelet(PodVolumeFixture.First).CsiDeviceAsync(
            pod, volume, "csi.example", handle, await _cluster.Kubelet(PodVolumeFixture.First).DeviceAsync(image));

        await Kube.CreateAsync(
            ResourceKinds.BackupPlans, "disks", """{"sources": [{"podVolumes": {"default": "exclude", "rules": [{"include": {"claims": ["disk"]} }]} }]}""");
        await Kube.UntilAsync(ResourceKinds.BackupPlans, "disks", p => KubeObjects.Is(p.Status.Conditions, "Ready"));
        await Kube.CreateAsync(ResourceKinds.Backups, "disks", """{"planRef": {"name": "disks"}}""");
        BackupResource backup = await Kube.UntilAsync(ResourceKinds.Backups, "disks", b => KubeObjects.Is(b.Status.Conditions, "Finished"));

        Assert.Equal("Completed", backup.Status.Phase);
        string source = Assert.Single(backup.Status.Sources).Source;
        JsonElement snapshot = (await _cluster.Cluster.CliJsonAsync("point", "show", backup.Status.RestorePoint)).GetProperty("snapshots")[0];
        JsonElement counts = snapshot.GetProperty("counts");
        Assert.Equal((1L, DeviceBytes), (counts.GetProperty("files").GetInt64(), counts.GetProperty("fileBytes").GetInt64()));
        Assert.InRange(counts.GetProperty("sentBytes").GetInt64(), NoiseBytes, DeviceBytes / 2);
        JsonElement told = (await _cluster.Cluster.CliJsonAsync("coverage", "--all")).EnumerateArray().Single(item => item.GetProperty("name").GetString() == "shop/disk");
        Assert.Equal("protected", told.GetProperty("state").GetString());

        string name = source["volume/".Length..source.IndexOf('@', StringComparison.Ordinal)];
        string files = $$"""{"volume": "{{name}}", "node": "{{PodVolumeFixture.First}}" """;
        await Kube.CreateAsync(ResourceKinds.Restores, "disk-back", $$$"""{"backupRef": {"name": "disks"}, "files": {{{files}}}, "target": "/srv/recovered"} }""");
        await Kube.UntilAsync(ResourceKinds.Restores, "disk-back", r => KubeObjects.Is(r.Status.Conditions, "Completed"));
        string recovered = _cluster.On(PodVolumeFixture.First, "/srv/recovered/device.img");
        Assert.Equal(content, await File.ReadAllBytesAsync(recovered));
        ProcessResult blocks = await ChildProcess.RunAsync("stat", ["-c", "%b", recovered], TimeSpan.FromMinutes(1));
        Assert.InRange(int.Parse(blocks.StandardOutput, CultureInfo.InvariantCulture), NoiseBytes / 512, DeviceBytes / 512 / 2);

        // Into the volume itself there are no files to be restored; that is said, and the device stays as it is.
        await Kube.CreateAsync(ResourceKinds.Restores, "disk-into", $$$"""{"backupRef": {"name": "disks"}, "files": {{{files}}}} }""");
        RestoreResource refused = await Kube.UntilAsync(ResourceKinds.Restores, "disk-into", r => KubeObjects.Is(r.Status.Conditions, "Failed"));
        Assert.Contains("raw block volume", refused.Status.Conditions.Single(c => c.Type == "Failed").Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllBytesAsync(image));
    }
}
