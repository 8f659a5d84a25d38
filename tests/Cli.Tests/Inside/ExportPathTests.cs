using System.Text;
using K8sBackup.Cli.Inside;

namespace K8sBackup.Cli.Tests.Inside;

public sealed class ExportPathTests
{
    [Theory]
    [InlineData("/registry/pods/ns/name", "registry/pods/ns/name")]
    [InlineData("registry/pods", "%/registry/pods")]
    [InlineData("/a/../b", "a/%2e./b")]
    [InlineData("/a/./b//c/", "a/%2e/b/%/c/%")]
    [InlineData("/a/.hidden", "a/%2ehidden")]
    [InlineData("/a.yaml/b", "a%2eyaml/b")]
    [InlineData("/a/b.yaml", "a/b.yaml")]
    [InlineData("/sp ace/\u00e9%", "sp%20ace/%c3%a9%25")]
    [InlineData("", "%/%")]
    [InlineData("/", "%")]
    public void Of_AnyKey_StaysBelowTheDirectory(string key, string path) => Assert.Equal(path, ExportPath.Of(Encoding.UTF8.GetBytes(key)));

    [Fact]
    public void Of_LongNames_StayApart()
    {
        string name = new('x', 400);
        string[] paths = [ExportPath.Of(Encoding.UTF8.GetBytes("/" + name)), ExportPath.Of(Encoding.UTF8.GetBytes("/" + name + "y"))];

        Assert.NotEqual(paths[0], paths[1]);
        Assert.All(paths, path => Assert.InRange(path.Length, 100, 240));
    }
}
