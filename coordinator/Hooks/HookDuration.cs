using System.Globalization;

namespace K8sBackup.Coordinator.Hooks;

/// <summary>Times as Go writes them, for annotations made for other tools: whole numbers with h, m, s or ms, one after the other (<c>1m30s</c>).</summary>
internal static class HookDuration
{
    /// <summary>False when the text is no such time, or the time is out of the bounds of a hook.</summary>
    public static bool TryParse(string text, out TimeSpan duration) => TryParse(text, HookCommand.TimeoutMin, HookCommand.TimeoutMax, out duration);

    /// <summary>False when the text is no such time, or the time is out of the bounds given.</summary>
    public static bool TryParse(string text, TimeSpan min, TimeSpan max, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExceptInRange('0', '9');
            // Six digits of hours do not overflow.
            if (digits is <= 0 or > 6 || Unit(rest[digits..], out int letters) is not { } unit)
            {
                return false;
            }

            duration += unit * int.Parse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
            rest = rest[(digits + letters)..];
        }

        return duration >= min && duration <= max;
    }

    private static TimeSpan? Unit(ReadOnlySpan<char> text, out int letters)
    {
        letters = text.StartsWith("ms") ? 2 : 1;
        return letters == 2 ? TimeSpan.FromMilliseconds(1) : text[0] switch
        {
            'h' => TimeSpan.FromHours(1),
            'm' => TimeSpan.FromMinutes(1),
            's' => TimeSpan.FromSeconds(1),
            _ => null,
        };
    }
}
