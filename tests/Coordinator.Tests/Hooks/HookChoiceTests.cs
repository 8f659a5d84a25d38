using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Model.Outcomes;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Tests.Hooks;

public sealed class HookChoiceTests
{
    private const string Rules = """
        hooks:
          - namespaces: ["shop-*"]
            labels: {app: db}
            pre: [{container: db, command: [freeze, now], timeout: 45s}]
            post: [{command: [thaw], onError: continue}]
          - namespaces: ["*"]
            pre: [{command: [sync]}]
        """;

    [Fact]
    public void For_FirstRuleThatFits_IsTheOne()
    {
        RunHook hook = HookChoice.For(Pod("shop-1", "db"), Read(Rules))!;
        HookCommand before = Assert.Single(hook.Before);
        Assert.Equal(("db", "freeze now", TimeSpan.FromSeconds(45), HookErrorMode.Fail), (before.Container, string.Join(' ', before.Command), before.Timeout, before.OnError));
        Assert.Equal(HookErrorMode.Continue, Assert.Single(hook.After).OnError);
        Assert.Equal("sync", Assert.Single(HookChoice.For(Pod("shop-1", "web"), Read(Rules))!.Before).Command[0]);
        Assert.Empty(HookChoice.For(Pod("other", "db"), Read(Rules))!.After);
    }

    [Fact]
    public void For_NoRuleAndNoAnnotation_IsNull() => Assert.Null(HookChoice.For(Pod("shop-1", "db"), []));

    [Fact]
    public void For_Annotations_WinOverRulesPhaseByPhase()
    {
        PodDescription pod = Pod("shop-1", "db",
            ("pre.hook.k8sbackup.dev/command", """["/bin/sh", "-c", "psql -c CHECKPOINT"]"""),
            ("pre.hook.k8sbackup.dev/container", "db"),
            ("pre.hook.k8sbackup.dev/timeout", "1m30s"),
            ("pre.hook.k8sbackup.dev/on-error", "Continue"));
        RunHook hook = HookChoice.For(pod, Read(Rules))!;
        HookCommand before = Assert.Single(hook.Before);
        Assert.Equal(["/bin/sh", "-c", "psql -c CHECKPOINT"], before.Command);
        Assert.Equal((TimeSpan.FromSeconds(90), HookErrorMode.Continue), (before.Timeout, before.OnError));
        Assert.Equal("thaw", Assert.Single(hook.After).Command[0]);
    }

    [Fact]
    public void For_AnnotationsOfVelero_AreHonouredWhereOursAreMissing()
    {
        PodDescription pod = Pod("shop-1", "web",
            ("pre.hook.backup.velero.io/command", "/usr/bin/quiesce"),
            ("post.hook.backup.velero.io/command", """["theirs"]"""),
            ("post.hook.k8sbackup.dev/command", """["ours"]"""));
        RunHook hook = HookChoice.For(pod, [])!;
        HookCommand before = Assert.Single(hook.Before);
        Assert.Equal(("/usr/bin/quiesce", "", HookCommand.DefaultTimeout, HookErrorMode.Fail), (before.Command[0], before.Container, before.Timeout, before.OnError));
        Assert.Equal("ours", Assert.Single(hook.After).Command[0]);
    }

    [Theory]
    [InlineData("command", "[\"a\"", "pre.hook.k8sbackup.dev/command: a JSON list of texts or one word is expected.")]
    [InlineData("command", "[]", "pre.hook.k8sbackup.dev/command: a JSON list of texts or one word is expected.")]
    [InlineData("command", "[null]", "pre.hook.k8sbackup.dev/command: a JSON list of texts or one word is expected.")]
    [InlineData("command", "  ", "pre.hook.k8sbackup.dev/command: a JSON list of texts or one word is expected.")]
    [InlineData("timeout", "soon", "pre.hook.k8sbackup.dev/timeout: 'soon' is no time of 00:00:01 to 04:00:00, such as 30s or 1m30s.")]
    [InlineData("timeout", "99999h", "pre.hook.k8sbackup.dev/timeout: '99999h' is no time of 00:00:01 to 04:00:00, such as 30s or 1m30s.")]
    [InlineData("on-error", "3", "pre.hook.k8sbackup.dev/on-error: Fail or Continue is expected, not '3'.")]
    [InlineData("container", "nope", "it has no container 'nope', only db, side.")]
    public void For_FaultyAnnotation_RefusesThePodAndRunsNothing(string key, string value, string fault)
    {
        Dictionary<string, string> annotations = new() { ["pre.hook.k8sbackup.dev/command"] = "sync", [$"pre.hook.k8sbackup.dev/{key}"] = value };
        RunHook hook = HookChoice.For(Pod("shop-1", "db", [.. annotations.Select(a => (a.Key, a.Value))]), Read(Rules))!;
        Assert.Equal(HookState.Refused, hook.State);
        Assert.Equal((FailureCause.HookFailed, $"The hooks of pod shop-1/db-0 are faulty: {fault}"), (hook.Failure!.Cause, hook.Failure.Message));
        Assert.Empty(hook.Before.Concat(hook.After));
    }

    [Theory]
    [InlineData("[{pre: [{command: [a]}]}]", "hooks[0].namespaces: hooks need namespaces or labels")]
    [InlineData("[{namespaces: ['*']}]", "hooks[0].pre: hooks need commands")]
    [InlineData("[{namespaces: ['*'], pre: [{container: a}]}]", "hooks[0].pre[0].command: a list is expected")]
    [InlineData("[{namespaces: ['*'], pre: [{command: [a], timeout: 5h}]}]", "hooks[0].pre[0].timeout:")]
    [InlineData("[{namespaces: ['*'], pre: [{command: [a], onError: maybe}]}]", "hooks[0].pre[0].onError: fail or continue is expected, not 'maybe'.")]
    [InlineData("[{namespaces: ['*'], pre: [{command: [a], shell: true}]}]", "hooks[0].pre[0].shell:")]
    public void Read_FaultyRule_NamesTheField(string yaml, string fault)
    {
        List<YamlFault> faults = [];
        HookParser.Read(YamlDocumentReader.Read($"hooks: {yaml}", faults)!);
        Assert.Contains(fault, Assert.Single(faults).ToText("plan.yaml"), StringComparison.Ordinal);
    }

    private static IReadOnlyList<HookRule> Read(string yaml)
    {
        List<YamlFault> faults = [];
        IReadOnlyList<HookRule> rules = HookParser.Read(YamlDocumentReader.Read(yaml, faults)!);
        Assert.Empty(faults);
        return rules;
    }

    private static PodDescription Pod(string @namespace, string app, params (string Key, string Value)[] annotations) => new(
        new PodReference(@namespace, "db-0", "u1"),
        new Dictionary<string, string> { ["app"] = app },
        annotations.ToDictionary(a => a.Key, a => a.Value),
        ["db", "side"]);
}
