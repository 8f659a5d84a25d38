using System.Globalization;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// Decides whether the clock may be believed when things are deleted by age. It must (1) not be behind the newest time recorded in the
/// repository, (2) not be far ahead of it, (3) not stand shortly after a gap in the records, which is how a jump looks afterwards, and
/// (4) have moved with the monotonic clock since the writer opened. A repository with no recent backup deletes nothing either.
/// </summary>
internal static class ClockGuard
{
    private static readonly TimeSpan BehindMax = TimeSpan.FromMinutes(1);

    /// <summary>What is wrong; null when the clock may be believed.</summary>
    public static string? Judge(IEnumerable<DateTimeOffset> recorded, ClockAnchor anchor, PruneOptions options, TimeProvider clock)
    {
        DateTimeOffset now = clock.GetUtcNow();
        TimeSpan drift = now - anchor.Wall - clock.GetElapsedTime(anchor.Timestamp);
        if (drift.Duration() > options.ClockSkewMax)
        {
            return $"The clock jumped by {Text(drift)} since the repository was opened.";
        }

        DateTimeOffset? last = null;
        DateTimeOffset? afterGap = null;
        foreach (DateTimeOffset time in recorded.Order())
        {
            afterGap = last is { } before && time - before > options.ClockGapMax ? time : afterGap;
            last = time;
        }

        if (last is not { } newest)
        {
            return null;
        }

        if (now < newest - BehindMax)
        {
            return $"It is {Text(now)} by the clock, and the repository has something of {Text(newest)}.";
        }

        if (now > newest + options.ClockGapMax)
        {
            return $"It is {Text(now)} by the clock, and the newest in the repository is of {Text(newest)}: the clock is wrong, or nothing is backed up any more.";
        }

        return afterGap is { } resumed && now < resumed + options.Grace
            ? $"The recorded times have a gap before {Text(resumed)}, as after a jump of the clock; nothing is deleted until {Text(resumed + options.Grace)}."
            : null;
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("u", CultureInfo.InvariantCulture);

    private static string Text(TimeSpan span) => span.ToString("c", CultureInfo.InvariantCulture);
}
