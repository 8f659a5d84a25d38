using System.Text.Json;

namespace K8sBackup.Integration.Tests;

/// <summary>Files below /etc/kubernetes change, and nobody runs a plan: with the real programs, at the agent's own pace.</summary>
public sealed class ChangeCaptureTests
{
    [Fact]
    public async Task RenewedCertificate_IsCapturedWithoutBeingAsked_ThatNodesFilesAlone()
    {
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        await fixture.AddControlPlaneAsync();
        await fixture.Cluster.AddPlanAsync(
            "nightly",
            $"apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata:\n  name: nightly\nspec:\n  schedule: \"@yearly\"\n  sources:\n  - etcd: {{}}\n    nodes:\n    - names: [{ClusterFixture.ControlPlaneNode}]\n  - controlPlane: {{}}\n    nodes:\n    - names: [{ClusterFixture.ControlPlaneNode}]\n");
        fixture.AssertCompleted(await fixture.RunPlanAsync("nightly"));
        JsonElement whole = await fixture.Cluster.CliJsonAsync("point", "show", "latest");
        // Down while it happens, as for an upgrade of the node: the agent compares with what was captured last.
        await fixture.ControlPlaneAgent!.KillAsync();
        string renewed = Path.Combine(fixture.Host!.Root, "etc/kubernetes/pki/renewed.crt");
        await File.WriteAllTextAsync(renewed, "a certificate of tomorrow");
        fixture.ControlPlaneAgent.Start();

        await fixture.Cluster.WaitForAsync(
            async () => await fixture.CountPointsAsync() == 2,
            () => $"{fixture.ControlPlaneAgent.Output}\n{fixture.Cluster.CoordinatorOutput}",
            patience: TimeSpan.FromMinutes(3));

        string first = whole.GetProperty("id").GetString()!;
        JsonElement[] points = [.. (await fixture.Cluster.CliJsonAsync("point", "list")).EnumerateArray()];
        string after = points.Select(point => point.GetProperty("id").GetString()!).Single(id => id != first);
        JsonElement captured = await fixture.Cluster.CliJsonAsync("point", "show", after);
        JsonElement snapshot = Assert.Single(captured.GetProperty("snapshots").EnumerateArray());
        string source = snapshot.GetProperty("source").GetString()!;
        Assert.StartsWith("control-plane/", source, StringComparison.Ordinal);
        Assert.Contains("renewed.crt", await fixture.Cluster.CliAsync("ls", after, source, "etc/kubernetes/pki"), StringComparison.Ordinal);
        Assert.Equal(first, (await fixture.Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("id").GetString());
        await fixture.AssertSoundAsync();
    }
}
