using System.Globalization;

namespace K8sBackup.Settings.Yaml;

/// <summary>Times as people write them in our files: a whole number and one of s, m, h, d, w.</summary>
public static class YamlDuration
{
    // Enough for any setting; keeps the multiplication from overflowing.
    private const int NumberMax = 1_000_000;

    public static bool TryParse(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);
        duration = TimeSpan.Zero;
        TimeSpan? unit = text.Length < 2 ? null : Unit(text[^1]);
        if (unit is null
            || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            || number > NumberMax)
        {
            return false;
        }

        duration = unit.Value * number;
        return true;
    }

    /// <summary>The text form in the largest unit that fits without rest.</summary>
    public static string Format(TimeSpan duration)
    {
        foreach (char unit in "wdhm")
        {
            TimeSpan size = Unit(unit)!.Value;
            if (duration >= size && duration.Ticks % size.Ticks == 0)
            {
                return FormattableString.Invariant($"{duration.Ticks / size.Ticks}{unit}");
            }
        }

        return FormattableString.Invariant($"{(long)duration.TotalSeconds}s");
    }

    private static TimeSpan? Unit(char letter) => letter switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        'w' => TimeSpan.FromDays(7),
        _ => null,
    };
}
