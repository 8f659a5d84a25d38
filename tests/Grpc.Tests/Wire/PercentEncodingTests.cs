using Grpc.Wire;

namespace K8sBackup.Grpc.Tests.Wire;

public sealed class PercentEncodingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text ~", "plain text ~")]
    [InlineData("100%", "100%25")]
    [InlineData("a\r\nb\u007f", "a%0D%0Ab%7F")]
    [InlineData("ß二😀", "%C3%9F%E4%BA%8C%F0%9F%98%80")]
    public void Encode_Text_IsPrintableAsciiAndComesBack(string text, string encoded)
    {
        Assert.Equal(encoded, PercentEncoding.Encode(text));
        Assert.Equal(text, PercentEncoding.Decode(encoded));
    }

    [Theory]
    [InlineData("100%", "100%")]
    [InlineData("%2", "%2")]
    [InlineData("%zz%41", "%zzA")]
    [InlineData("%c3%9f", "ß")]
    public void Decode_BadEscapes_StayAsTheyAre(string encoded, string text) => Assert.Equal(text, PercentEncoding.Decode(encoded));
}
