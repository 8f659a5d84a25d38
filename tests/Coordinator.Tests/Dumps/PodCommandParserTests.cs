using K8sBackup.Coordinator.Plans;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Tests.Dumps;

public sealed class PodCommandParserTests
{
    [Fact]
    public void Parse_AllFields_AreRead()
    {
        (PlanSource.PodCommand source, _) = Parse(
            "{name: orders, namespaces: [shop-*, bar], labels: {app: pg*}, pods: [pg-?], replicas: one, container: db, command: [pg_dump, -U, postgres, orders], timeout: 2h, file: orders.sql, standardError: fail}");
        Assert.Equal(("orders", true, true), (source.Name, source.Policy.OneOfOwner, source.Policy.ErrorFails));
        Assert.Equal(["shop-*", "bar"], source.Policy.Namespaces);
        Assert.Equal(("pg-?", "pg*"), (Assert.Single(source.Policy.Pods), source.Policy.Labels["app"]));
        Assert.Equal(["pg_dump", "-U", "postgres", "orders"], source.Policy.Command!.Command.Command);
        Assert.Equal(("db", TimeSpan.FromHours(2), "orders.sql"), (source.Policy.Command.Command.Container, source.Policy.Command.Command.Timeout, source.Policy.Command.File));
        Assert.Equal(["bar"], source.Policy.ExactNamespaces);
    }

    [Fact]
    public void Parse_OnlyACommand_HasTheRestByDefault()
    {
        (PlanSource.PodCommand source, _) = Parse("{pods: [x], command: [mysqldump]}");
        Assert.Equal(("dump", false, false), (source.Name, source.Policy.OneOfOwner, source.Policy.ErrorFails));
        Assert.Equal(("", TimeSpan.FromHours(4), "dump"), (source.Policy.Command!.Command.Container, source.Policy.Command.Command.Timeout, source.Policy.Command.File));
    }

    [Fact]
    public void Parse_NoCommand_LeavesItToAnnotations() => Assert.Null(Parse("{namespaces: ['*']}").Source.Policy.Command);

    [Theory]
    [InlineData("{command: [x]}", "needs namespaces, labels or pods")]
    [InlineData("{pods: [x], command: []}", "a list is expected: the program")]
    [InlineData("{pods: [x], command: ['']}", "a list is expected: the program")]
    [InlineData("{pods: [x], file: a}", "podCommand.file: belongs to a command")]
    [InlineData("{pods: [x], timeout: 1h}", "podCommand.timeout: belongs to a command")]
    [InlineData("{pods: [x], container: a}", "podCommand.container: belongs to a command")]
    [InlineData("{pods: [x], command: [x], file: a/b}", "a file's name is expected")]
    [InlineData("{pods: [x], command: [x], file: ..}", "a file's name is expected")]
    [InlineData("{pods: [x], command: [x], timeout: 8d}", "podCommand.timeout")]
    [InlineData("{pods: [x], command: [x], replicas: two}", "each or one is expected")]
    [InlineData("{pods: [x], command: [x], standardError: drop}", "note or fail is expected")]
    [InlineData("{pods: [x], commands: [x]}", "commands")]
    public void Parse_Faults_AreNamed(string options, string fault) =>
        Assert.Contains(Parse(options).Faults, f => f.ToString().Contains(fault, StringComparison.Ordinal));

    [Fact]
    public void Parse_TwoOfOneName_AreAFault()
    {
        List<YamlFault> faults = [];
        PlanParser.Parse(Text("[{podCommand: {pods: [x], command: [a]}}, {podCommand: {pods: [x], command: [b]}}]"), "p.yaml", faults);
        Assert.Contains("give it another name", Assert.Single(faults).Reason, StringComparison.Ordinal);
    }

    private static (PlanSource.PodCommand Source, List<YamlFault> Faults) Parse(string options)
    {
        List<YamlFault> faults = [];
        BackupPlan? plan = PlanParser.Parse(Text($"[{{podCommand: {options}}}]"), "p.yaml", faults);
        return (plan is null ? null! : (PlanSource.PodCommand)Assert.Single(plan.Sources), faults);
    }

    private static string Text(string sources) => $"apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata: {{name: p}}\nspec: {{sources: {sources}}}\n";
}
