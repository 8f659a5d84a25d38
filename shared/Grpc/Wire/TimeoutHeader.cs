using System.Globalization;

namespace Grpc.Wire;

/// <summary>The <c>grpc-timeout</c> field: at most eight digits and a unit.</summary>
internal static class TimeoutHeader
{
    private const long DigitsMax = 99_999_999;

    /// <summary>Ticks per unit, finest first. TimeSpan's tick is 100 ns, so nanoseconds are only read.</summary>
    private static readonly (char Unit, long Ticks)[] _units =
    [
        ('u', TimeSpan.TicksPerMicrosecond),
        ('m', TimeSpan.TicksPerMillisecond),
        ('S', TimeSpan.TicksPerSecond),
        ('M', TimeSpan.TicksPerMinute),
        ('H', TimeSpan.TicksPerHour),
    ];

    /// <summary>Writes a timeout in the finest unit it fits, rounded up so that the peer never gives up first.</summary>
    public static string Encode(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            return "1n";
        }

        foreach (var (unit, ticks) in _units)
        {
            var value = (timeout.Ticks / ticks) + (timeout.Ticks % ticks == 0 ? 0 : 1);
            if (value <= DigitsMax)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{DigitsMax}H");
    }

    /// <summary>Reads a timeout; false for anything the specification does not allow.</summary>
    public static bool TryDecode(string? text, out TimeSpan timeout)
    {
        timeout = default;
        if (text is not { Length: >= 2 and <= 9 }
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        if (text[^1] == 'n')
        {
            timeout = TimeSpan.FromTicks((value + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick);
            return true;
        }

        foreach (var (unit, ticks) in _units)
        {
            if (unit == text[^1])
            {
                timeout = value > TimeSpan.MaxValue.Ticks / ticks ? TimeSpan.MaxValue : TimeSpan.FromTicks(value * ticks);
                return true;
            }
        }

        return false;
    }
}
