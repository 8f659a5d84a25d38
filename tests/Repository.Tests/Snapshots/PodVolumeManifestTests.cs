using System.Text;
using System.Text.Json;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Tests.Snapshots;

public sealed class PodVolumeManifestTests
{
    private static readonly SourceKey Source = new("node-1", SourceKind.Volume, "pvc.prod.data.1a2b3c4d");

    [Fact]
    public void SourceResult_WithAVolume_KeepsIt_AndWithoutIsAsBefore()
    {
        PodVolume volume = new() { Namespace = "prod", Claim = "data", ClaimUid = "u1", PersistentVolumeUid = "u2", Kind = PodVolumeKind.Csi, SubPaths = ["a"] };
        RestorePointManifest point = Point(new SourceResult(Source, null, null, null, volume), new SourceResult(Source, null, null, null));

        string json = JsonSerializer.Serialize(point, ManifestJson.Default.RestorePointManifest);
        RestorePointManifest back = JsonSerializer.Deserialize(Encoding.UTF8.GetBytes(json), ManifestJson.Default.RestorePointManifest)!;

        Assert.Contains("\"claimUid\":\"u1\"", json, StringComparison.Ordinal);
        Assert.Contains("\"kind\":\"Csi\"", json, StringComparison.Ordinal);
        Assert.Equal(["a"], back.Sources[0].Volume!.SubPaths);
        Assert.Equal(volume, back.Sources[0].Volume! with { SubPaths = volume.SubPaths });
        Assert.Null(back.Sources[1].Volume);
        Assert.Equal(1, json.Split("\"volume\":{").Length - 1);
    }

    private static RestorePointManifest Point(params SourceResult[] sources) => new()
    {
        Id = RestorePointId.Create(TimeProvider.System),
        Cluster = "c",
        Plan = "p",
        Run = RunId.Create(TimeProvider.System),
        StartedAt = DateTimeOffset.UnixEpoch,
        FinishedAt = DateTimeOffset.UnixEpoch,
        Outcome = SnapshotOutcome.Completed,
        Sources = sources,
    };
}
