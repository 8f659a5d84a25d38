using System.Text;
using K8sBackup.Model.Patterns;

namespace K8sBackup.Model.Tests.Patterns;

public sealed class PathPatternTests
{
    [Theory]
    [InlineData("cache", "cache", true)]
    [InlineData("cache", "a/b/cache", true)]
    [InlineData("cache", "cached", false)]
    [InlineData("/cache", "cache", true)]
    [InlineData("/cache", "a/cache", false)]
    [InlineData("a/cache", "a/cache", true)]
    [InlineData("a/cache", "b/a/cache", false)]
    [InlineData("*.log", "a/b.log", true)]
    [InlineData("*.log", ".log", true)]
    [InlineData("a/*.log", "a/x.log", true)]
    [InlineData("a/*.log", "a/b/x.log", false)]
    [InlineData("a/*", "a/b", true)]
    [InlineData("**/foo", "foo", true)]
    [InlineData("**/foo", "a/b/foo", true)]
    [InlineData("**/a/b", "x/a/a/b", true)]
    [InlineData("abc/**", "abc/x/y", true)]
    [InlineData("abc/**", "abc", false)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a/**/b", "a/x/y", false)]
    [InlineData("**/a/**/b/**/c", "x/a/b/b/y/z/c", true)]
    [InlineData("a**b", "axyb", true)]
    [InlineData("x/a**b", "x/a/b", false)]
    [InlineData("file?", "file1", true)]
    [InlineData("file?", "file", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[!a-c]x", "bx", false)]
    [InlineData("[^a-c]x", "dx", true)]
    [InlineData("[]a]x", "]x", true)]
    [InlineData("[a-]x", "-x", true)]
    [InlineData("[\\]]x", "]x", true)]
    [InlineData("[[:digit:]]x", "7x", true)]
    [InlineData("[[:digit:]]x", "ax", false)]
    [InlineData("[[:nothing:]]x", "nx", false)]
    [InlineData("[a", "[a", false)]
    [InlineData("a\\", "a", false)]
    [InlineData("\\!x", "!x", true)]
    [InlineData("\\#x", "#x", true)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("x   ", "x", true)]
    [InlineData("x\\ ", "x ", true)]
    [InlineData("ä?", "ää", false)]
    [InlineData("ä??", "ää", true)]
    [InlineData("*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    public void Fits_OneLine_AsGitSays(string line, string path, bool expected) =>
        Assert.Equal(expected, PathPattern.Parse(line)!.Fits(Encoding.UTF8.GetBytes(path), isDirectory: false));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("# a comment")]
    public void Parse_BlankOrComment_IsNothing(string line) => Assert.Null(PathPattern.Parse(line));

    [Fact]
    public void Fits_SlashAtTheEnd_DirectoriesOnly()
    {
        PathPattern pattern = PathPattern.Parse("build/")!;
        Assert.True(pattern.Fits("a/build"u8, isDirectory: true));
        Assert.False(pattern.Fits("a/build"u8, isDirectory: false));
    }

    [Fact]
    public void Fits_NamesThatAreNoText_ByteForByte()
    {
        byte[] name = [(byte)'x', 0xff, 0xfe];
        Assert.True(PathPattern.Parse("x??")!.Fits(name, false));
        Assert.False(PathPattern.Parse("x?")!.Fits(name, false));
        Assert.True(PathPattern.Parse("*[^[:print:]]*")!.Fits(name, false));
    }

    [Fact]
    public void LeavesOut_SeveralLines_TheLastThatFitsDecides()
    {
        PatternList list = new(["*.log", "!keep.log", "/x/keep.log"]);
        Assert.Equal("*.log", list.LeavesOut("a.log"u8, false)?.Text);
        Assert.Null(list.LeavesOut("keep.log"u8, false));
        Assert.Equal("/x/keep.log", list.LeavesOut("x/keep.log"u8, false)?.Text);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a b/*[x]\\?!#")]
    [InlineData("!a/#b ")]
    public void Quote_AnyPath_FitsThatPathOnly(string path)
    {
        PathPattern pattern = PathPattern.Parse(PathPattern.Quote(path))!;
        Assert.False(pattern.IsNegated);
        Assert.True(pattern.Fits(Encoding.UTF8.GetBytes(path), false));
        Assert.False(pattern.Fits(Encoding.UTF8.GetBytes("z/" + path), false));
        Assert.False(pattern.Fits(Encoding.UTF8.GetBytes(path + "z"), false));
    }
}
