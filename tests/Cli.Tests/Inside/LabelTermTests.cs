using K8sBackup.Cli.Inside;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Tests.Inside;

public sealed class LabelTermTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["app"] = "web", ["empty"] = "" };

    [Theory]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData("app=db", false)]
    [InlineData("app!=db", true)]
    [InlineData("app!=web", false)]
    [InlineData("none!=x", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("!none", true)]
    [InlineData("none", false)]
    [InlineData("empty=", true)]
    [InlineData(" app = web , !none ", true)]
    public void Holds_AsKubernetesSelectors(string text, bool expected) =>
        Assert.Equal(expected, LabelTerm.ParseAll(text).All(term => term.Holds(Labels)));

    [Theory]
    [InlineData("")]
    [InlineData("a,,b")]
    [InlineData("=x")]
    [InlineData("!")]
    [InlineData("a in (b)")]
    public void ParseAll_NoCondition_IsRefused(string text) =>
        Assert.Equal(FailureCause.InvalidRequest, Assert.Throws<BackupException>(() => LabelTerm.ParseAll(text)).Failure.Cause);
}
