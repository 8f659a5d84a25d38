using Grpc.Wire;

namespace K8sBackup.Grpc.Tests.Wire;

public sealed class TimeoutHeaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("1.5S")]
    [InlineData("1s")]
    [InlineData("123456789S")]
    public void TryDecode_NotATimeout_IsFalse(string text) => Assert.False(TimeoutHeader.TryDecode(text, out _));

    [Fact]
    public void TryDecode_Missing_IsFalse() => Assert.False(TimeoutHeader.TryDecode(null, out _));

    [Theory]
    [InlineData("1n", 1L)]
    [InlineData("200n", 2L)]
    [InlineData("1u", 10L)]
    [InlineData("1m", TimeSpan.TicksPerMillisecond)]
    [InlineData("0S", 0L)]
    [InlineData("99999999S", 99_999_999L * TimeSpan.TicksPerSecond)]
    [InlineData("2M", 2 * TimeSpan.TicksPerMinute)]
    [InlineData("3H", 3 * TimeSpan.TicksPerHour)]
    [InlineData("99999999H", 99_999_999L * TimeSpan.TicksPerHour)]
    public void TryDecode_Timeout_GivesIt(string text, long ticks)
    {
        Assert.True(TimeoutHeader.TryDecode(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData(0, "1n")]
    [InlineData(-5, "1n")]
    [InlineData(1, "1u")]
    [InlineData(11, "2u")]
    [InlineData(TimeSpan.TicksPerSecond, "1000000u")]
    [InlineData((100 * TimeSpan.TicksPerSecond) + 1, "100001m")]
    [InlineData(2_000 * TimeSpan.TicksPerDay, "2880000M")]
    public void Encode_Timeout_IsRoundedUpAndFits(long ticks, string expected)
    {
        var text = TimeoutHeader.Encode(TimeSpan.FromTicks(ticks));

        Assert.Equal(expected, text);
        Assert.True(text.Length <= 9);
        Assert.True(TimeoutHeader.TryDecode(text, out var back));
        Assert.True(back.Ticks >= ticks);
    }

    [Fact]
    public void Encode_LongerThanTheFieldCanSay_IsTheLongest() => Assert.Equal("99999999H", TimeoutHeader.Encode(TimeSpan.MaxValue));
}
