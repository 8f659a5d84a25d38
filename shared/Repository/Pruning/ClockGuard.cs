using System.Globalization;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// Decides whether the clock may be believed when things are deleted by age. It must (1) not be behind the newest time recorded in the
/// repository, (2) not be far ahead of it, (3) not stand shortly after a gap in the records, which is how a jump looks afterwards,
/// (4) have moved with the monotonic clock since the writer opened, or for the grace since it jumped: what was condemned before the jump has then
/// been so for the grace by any clock, and (5) agree with the store's, where that says its time. A repository with no recent backup deletes nothing either.
/// </summary>
internal static class ClockGuard
{
    private static readonly TimeSpan BehindMax = TimeSpan.FromMinutes(1);

    /// <summary>What is wrong; null when the clock may be believed.</summary>
    public static string? Judge(IEnumerable<DateTimeOffset> recorded, PruneContext context)
    {
        PruneOptions options = context.Options;
        DateTimeOffset now = context.Begin.Wall;
        if (options.StoreAhead() is { } ahead && ahead.Duration() > options.ClockSkewMax)
        {
            return $"It is {Text(now)} by the clock and {Text(now + ahead)} by the store's; nothing is deleted until they agree.";
        }

        if (JudgeSteadiness(context) is { } jump)
        {
            return jump;
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

    private static string? JudgeSteadiness(PruneContext context)
    {
        ClockAnchor anchor = context.Writer.Anchor;
        ClockAnchor begin = context.Begin;
        TimeSpan elapsed = context.Clock.GetElapsedTime(anchor.Timestamp, begin.Timestamp);
        TimeSpan drift = begin.Wall - anchor.Wall - elapsed;
        if (drift.Duration() > context.Options.ClockSkewMax)
        {
            anchor = context.Writer.Anchor = begin with { Jump = drift };
            elapsed = TimeSpan.Zero;
        }

        return anchor.Jump != TimeSpan.Zero && elapsed < context.Options.Grace
            ? $"The clock jumped by {Text(anchor.Jump)}; nothing is deleted until it has gone on steadily for {Text(context.Options.Grace - elapsed)}."
            : null;
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("u", CultureInfo.InvariantCulture);

    private static string Text(TimeSpan span) => span.ToString("c", CultureInfo.InvariantCulture);
}
