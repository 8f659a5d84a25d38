using Grpc.Core;

namespace K8sBackup.Grpc.Tests.Core;

public sealed class MetadataTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("ü")]
    [InlineData("a:b")]
    public void Add_KeyNoHeaderCanHave_Throws(string key) => Assert.Throws<ArgumentException>(() => new Metadata { { key, "v" } });

    [Fact]
    public void Add_TextUnderBinaryKeyOrReverse_Throws()
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { "k-bin", "text" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { "k", [1] } });
    }

    [Fact]
    public void Add_ToEmpty_Throws() => Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("k", "v"));

    [Fact]
    public void Get_KeyTwice_GivesTheLast()
    {
        var metadata = new Metadata { { "K", "1" }, { "k", "2" } };

        Assert.Equal("2", metadata.GetValue("k"));
        Assert.Equal(["1", "2"], metadata.GetAll("K").Select(entry => entry.Value));
        Assert.Null(metadata.Get("other"));
    }

    [Fact]
    public void ToString_Binary_ShowsNoBytes() =>
        Assert.Equal("[Entry: key=k-bin, valueBytes=3 bytes]", new Metadata.Entry("k-bin", [1, 2, 3]).ToString());
}
