using K8sBackup.Etcd.Browsing;

namespace K8sBackup.Etcd.Tests.Browsing;

public sealed class KeyRangeTests
{
    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "ab", true)]
    [InlineData("a", "b", false)]
    [InlineData("a/", "a0", false)]
    [InlineData("", "anything", true)]
    public void Prefix_HoldsWhatBeginsWithIt(string prefix, string key, bool inside)
    {
        Assert.Equal(inside, KeyRange.Prefix(System.Text.Encoding.UTF8.GetBytes(prefix)).Contains(System.Text.Encoding.UTF8.GetBytes(key)));
    }

    [Fact]
    public void Prefix_OfHighestBytes_EndsWhereItMust()
    {
        Assert.Null(KeyRange.Prefix([0xff, 0xff]).End);
        Assert.True(KeyRange.Prefix([0xff, 0xff]).Contains([0xff, 0xff, 1]));
        Assert.False(KeyRange.Prefix([0xff, 0xff]).Contains([0xff, 0xfe]));
        Assert.Equal([2], KeyRange.Prefix([1, 0xff]).End!.Value.ToArray());
    }

    [Fact]
    public void Only_HoldsNothingElse()
    {
        var range = KeyRange.Only("key"u8);

        Assert.True(range.Contains("key"u8));
        Assert.False(range.Contains("key\0"u8));
        Assert.False(range.Contains("ke"u8));
    }
}
