using System.Text.RegularExpressions;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Impact;
using K8sBackup.Cli.Inside;
using K8sBackup.Cli.Output;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Surviving;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Tests.Output;

/// <summary>docs/cli.md is part of the API: its tables are the program's.</summary>
public sealed partial class DocumentedFieldsTests
{
    private static readonly string Document = ReadDocument();

    public static TheoryData<string, string[]> Objects => new()
    {
        { "failure", Names(CommonViews.Failure) },
        { "status", Names(NodeViews.Status) },
        { "node", Names(NodeViews.Node) },
        { "token", Names(NodeViews.Token) },
        { "authority", Names(AuthorityViews.State) },
        { "renewed identity", Names(AuthorityViews.Renewed) },
        { "plan", Names(RunViews.Plan) },
        { "run", Names(RunViews.Run) },
        { "run source", Names(RunViews.Source) },
        { "progress", Names(CommonViews.Progress) },
        { "counts", Names(CommonViews.Counts) },
        { "point", Names(PointViews.Point) },
        { "snapshot", Names(PointViews.Snapshot) },
        { "source", Names(SourceViews.Source) },
        { "pod volume", Names(PodVolumeViews.Volume) },
        { "item", Names(CommonViews.Item) },
        { "etcd", Names(PointViews.Etcd) },
        { "file", Names(FileViews.File) },
        { "download", Names(DownloadCommand.SummaryView) },
        { "skipped", Names(DownloadCommand.SkippedView) },
        { "restore", Names(RestoreViews.Restore) },
        { "report", Names(RestoreViews.Report) },
        { "etcd report", Names(RestoreViews.Etcd) },
        { "drill", Names(DrillViews.Drill) },
        { "etcd drill", Names(DrillViews.Etcd) },
        { "files drill", Names(DrillViews.Files) },
        { "survivors", Names(SurvivorViews.Report) },
        { "member disk", Names(SurvivorViews.Disk) },
        { "impact", Names(ImpactViews.Impact) },
        { "impact group", Names(ImpactViews.Group) },
        { "impact object", Names(ImpactViews.Object) },
        { "captured certificate", Names(ImpactViews.Certificate) },
        { "check", Names(CheckCommand.Message) },
        { "store check", Names(StoreValidateCommand.Result) },
        { "check result", Names(CheckViews.Result) },
        { "problem", Names(CheckViews.Problem) },
        { "key slot", Names(KeyViews.Slot) },
        { "key test", Names(KeyViews.Test) },
        { "index repair", Names(RepairViews.Index) },
        { "snapshot repair", Names(RepairViews.Snapshots) },
        { "loss", Names(RepairViews.Loss) },
        { "point repair", Names(RepairViews.Points) },
        { "made point", Names(RepairViews.Point) },
        { "config repair", Names(RepairViews.Config) },
        { "copy", Names(RepairViews.Copy) },
        { "copy problem", Names(RepairViews.CopyProblem) },
        { "init part", Names(InitCommand.Parts) },
        { "verdict", Names(RetentionViews.Verdict) },
        { "pin", Names(RetentionViews.Pin) },
        { "prune", Names(PruneCommand.Message) },
        { "prune result", Names(PruneViews.Result) },
        { "packs", Names(PruneViews.Tally) },
        { "reason", Names(PruneViews.Reason) },
        { "decision", Names(PruneViews.Decision) },
        { "obstacle", Names(PruneViews.Obstacle) },
        { "stored object", Names(InsideViews.Listed) },
        { "shown object", Names(InsideViews.Shown) },
        { "object change", Names(InsideViews.Change) },
        { "object difference", Names(InsideViews.Difference) },
        { "export", Names(InsideViews.Export) },
        { "saved snapshot", Names(InsideViews.Saved) },
        { "version", Names(VersionCommand.View) },
    };

    [Theory]
    [MemberData(nameof(Objects))]
    public void Fields_OfEveryObject_AreThoseDocumented(string name, string[] fields)
    {
        string row = Document.Split('\n').Single(line => line.StartsWith($"| {name} | `", StringComparison.Ordinal));

        Assert.Equal(fields, CodeSpan().Matches(row).Select(m => m.Groups[1].Value));
    }

    [Fact]
    public void Codes_OfEveryCause_AreThoseDocumented()
    {
        foreach (FailureCause cause in Enum.GetValues<FailureCause>())
        {
            string row = Document.Split('\n').Single(line => Regex.IsMatch(line, $@"^\| [^|]*\b{cause}\b.*\| \d+ \|$"));

            Assert.EndsWith($"| {ExitCodes.Of(cause)} |", row, StringComparison.Ordinal);
        }
    }

    private static string[] Names<T>(View<T> view) => [.. view.Fields.Select(f => f.Name)];

    private static string ReadDocument()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "K8sBackupAgent.sln")))
        {
            directory = directory.Parent;
        }

        return File.ReadAllText(Path.Combine(directory!.FullName, "docs", "cli.md"));
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodeSpan();
}
