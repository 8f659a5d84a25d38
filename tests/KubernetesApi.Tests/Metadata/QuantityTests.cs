using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Tests.Metadata;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("10Gi", 10737418240)]
    [InlineData("1.5Mi", 1572864)]
    [InlineData("1k", 1000)]
    [InlineData("1E", 1000000000000000000)]
    [InlineData("1E3", 1000)]
    [InlineData("1e3", 1000)]
    [InlineData("500m", 1)]
    [InlineData("-1Ki", -1024)]
    [InlineData("128974848", 128974848)]
    [InlineData("100E", long.MaxValue)]
    public void Parse_Text_GivesBytesRoundedUp(string text, long bytes)
    {
        Quantity quantity = Quantity.Parse(text);
        Assert.Equal(bytes, quantity.Bytes);
        Assert.Equal(text, quantity.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Gi")]
    [InlineData("1 Gi")]
    [InlineData("1GB")]
    [InlineData("ten")]
    [InlineData("1,000")]
    [InlineData("1e9999")]
    [InlineData("79228162514264337593543950335E")]
    public void TryParse_NoAmount_IsFalse(string text) => Assert.False(Quantity.TryParse(text, out _));

    [Fact]
    public void Equals_OtherSpelling_IsTheSame() => Assert.Equal(Quantity.Parse("1Gi"), Quantity.Parse("1024Mi"));
}
