using System.Text.Json.Nodes;
using K8sBackup.Cli.Output;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Cli.Tests.Output;

public sealed class YamlTextTests
{
    [Fact]
    public void Of_TextThatLooksLikeSomethingElse_StaysText()
    {
        string yaml = YamlText.Of(new JsonObject { ["a"] = "true", ["b"] = "01", ["c"] = "x: [\n", ["d"] = true, ["e"] = 5, ["f"] = null, ["g"] = new JsonArray() });

        Assert.Equal("a: \"true\"\nb: \"01\"\nc: \"x: [\\n\"\nd: true\ne: 5\nf: null\ng: []\n", yaml);
        YamlStream stream = [];
        stream.Load(new StringReader(yaml));
        Assert.Single(stream.Documents);
    }
}
