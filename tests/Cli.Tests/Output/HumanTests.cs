using K8sBackup.Cli.Output;

namespace K8sBackup.Cli.Tests.Output;

public sealed class HumanTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1024 * 1024 - 1, "1.0 MiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(long.MaxValue, "8192.0 PiB")]
    public void Bytes_AnySize_IsShort(long bytes, string text) => Assert.Equal(text, Human.Bytes(bytes));

    [Theory]
    [InlineData(0.44, "0.4s")]
    [InlineData(42, "42s")]
    [InlineData(192, "3m12s")]
    [InlineData(18_120, "5h02m")]
    [InlineData(273_600, "3d04h")]
    public void Duration_AnyLength_IsShort(double seconds, string text) => Assert.Equal(text, Human.Duration(TimeSpan.FromSeconds(seconds)));
}
