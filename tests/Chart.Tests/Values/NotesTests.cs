using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Settings.Yaml;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Values;

/// <summary>The notes say what is missing. Only Helm 4 shows them without a cluster.</summary>
public sealed class NotesTests
{
    [HelmFact]
    public async Task Notes_OfABucketWithoutSecrets_SayHowTheyAreMade()
    {
        string notes = await NotesAsync("bucket");

        Assert.Contains("1. The Secret k8s-backup-repository-key with the repository's key is not there", notes, StringComparison.Ordinal);
        Assert.Contains("k8sbackup init --cluster prod --state ./k8s-backup-init --host localhost --store s3://backups --endpoint https://s3.example:9000 --recovery-out", notes, StringComparison.Ordinal);
        Assert.Contains("kubectl -n backups create secret generic k8s-backup-repository-key --from-file=repository.key=", notes, StringComparison.Ordinal);
        Assert.Contains("2. The Secret store-credentials", notes, StringComparison.Ordinal);
        Assert.Contains("4. Say what is backed up", notes, StringComparison.Ordinal);
        Assert.Contains("the coordinator's state directory is an emptyDir", notes, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", notes, StringComparison.Ordinal);
        Assert.DoesNotContain("is off", notes, StringComparison.Ordinal);
    }

    [HelmFact]
    public async Task ThePlanInTheNotes_IsOneTheCoordinatorTakes()
    {
        string notes = await NotesAsync("bucket");
        string plan = notes.Split("<<'PLAN'\n")[1].Split("     PLAN")[0].Replace("\n     ", "\n", StringComparison.Ordinal).Trim();
        List<YamlFault> faults = [];

        BackupPlan? parsed = PlanParser.Parse(plan.Replace(", namespace: backups", "", StringComparison.Ordinal), "notes", faults);

        Assert.Empty(faults);
        Assert.Equal("nightly", parsed!.Name);
    }

    [HelmFact]
    public async Task Notes_OfSecretsAsValues_Warn()
    {
        string notes = await NotesAsync("secrets");

        Assert.Contains("WARNING: secrets were given as values.", notes, StringComparison.Ordinal);
        Assert.DoesNotContain("is not there", notes, StringComparison.Ordinal);
        Assert.DoesNotContain("testaccess", notes, StringComparison.Ordinal);
    }

    [HelmFact]
    public async Task Notes_OfWhatIsTurnedOff_SayWhatThatMeans()
    {
        string notes = await NotesAsync("local");

        Assert.Contains("agents.restores is off", notes, StringComparison.Ordinal);
        Assert.Contains("hooks.enabled is off", notes, StringComparison.Ordinal);
        Assert.DoesNotContain("emptyDir", notes, StringComparison.Ordinal);
    }

    private static async Task<string> NotesAsync(string set)
    {
        ProcessResult result = await Helm.All[^1].RunAsync(
            "install", RenderedChart.ReleaseName, RepositoryTree.Chart, "--namespace", RenderedChart.Namespace, "--dry-run=client", "--values", ValueSets.PathOf(set));
        Assert.True(result.ExitCode == 0, result.StandardError);
        return result.StandardOutput[result.StandardOutput.IndexOf("NOTES:", StringComparison.Ordinal)..];
    }
}
