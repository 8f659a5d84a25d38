using System.Diagnostics.CodeAnalysis;

namespace K8sBackup.Coordinator.Plans;

/// <summary>
/// A five-field cron expression (minute, hour, day of month, month, day of week) in a time zone. When day of month and
/// day of week are both given, either is enough (POSIX crontab). Local times are mapped to instants so that each occurs
/// once: a time skipped when clocks go forward occurs at the first instant after the gap, one that comes twice when
/// clocks go back occurs the first time only.
/// </summary>
public sealed class CronSchedule
{
    // 29 February may be eight years away (1896 to 1904, 2096 to 2104); a day of the week on it 28 or 40.
    private const int YearsMax = 41;

    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    private readonly CronField _minute;
    private readonly CronField _hour;
    private readonly CronField _dayOfMonth;
    private readonly CronField _month;
    private readonly CronField _dayOfWeek;
    private readonly TimeZoneInfo _zone;

    private CronSchedule(string text, string[] fields, TimeZoneInfo zone)
    {
        Text = text;
        _zone = zone;
        _minute = CronField.Parse(fields[0], "minute", 0, 59, []);
        _hour = CronField.Parse(fields[1], "hour", 0, 23, []);
        _dayOfMonth = CronField.Parse(fields[2], "day of month", 1, 31, []);
        _month = CronField.Parse(fields[3], "month", 1, 12, Months);
        // Both 0 and 7 are Sunday.
        _dayOfWeek = CronField.Parse(fields[4], "day of week", 0, 7, Days);
    }

    /// <summary>The expression as written.</summary>
    public string Text { get; }

    /// <summary>Reads an expression; false with a reason when it is malformed or never occurs.</summary>
    public static bool TryParse(string text, TimeZoneInfo zone, [NotNullWhen(true)] out CronSchedule? schedule, out string reason)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(zone);
        schedule = null;
        reason = "";
        string[] fields = Expand(text.Trim()).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5)
        {
            reason = $"five fields are expected (minute, hour, day of month, month, day of week), not {fields.Length}";
            return false;
        }

        try
        {
            CronSchedule parsed = new(text, fields, zone);
            if (parsed.NextLocal(new DateTime(2000, 1, 1)) is null)
            {
                reason = $"'{text}' names a day that never comes";
                return false;
            }

            schedule = parsed;
            return true;
        }
        catch (FormatException e)
        {
            reason = e.Message;
            return false;
        }
    }

    /// <summary>The first occurrence after the given instant.</summary>
    public DateTimeOffset NextAfter(DateTimeOffset instant)
    {
        DateTime local = TimeZoneInfo.ConvertTime(instant, _zone).DateTime;
        local = new DateTime(local.Year, local.Month, local.Day, local.Hour, local.Minute, 0);
        while (NextLocal(local) is { } next)
        {
            DateTimeOffset occurrence = ToInstant(next);
            // Within an hour that comes twice, the local times found belong to its first pass, which may be over.
            if (occurrence > instant)
            {
                return occurrence;
            }

            local = next;
        }

        // The calendar ends, or the year is beyond what .NET counts.
        return DateTimeOffset.MaxValue;
    }

    private static string Expand(string text) => text switch
    {
        "@hourly" => "0 * * * *",
        "@daily" or "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" or "@annually" => "0 0 1 1 *",
        _ => text,
    };

    private DateTimeOffset ToInstant(DateTime local)
    {
        while (_zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        TimeSpan offset = _zone.IsAmbiguousTime(local) ? _zone.GetAmbiguousTimeOffsets(local).Max() : _zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }

    /// <summary>The first matching local time after the given one, which is at a full minute.</summary>
    private DateTime? NextLocal(DateTime after)
    {
        DateTime day = after.Date;
        DateTime last = after.Year + YearsMax > 9998 ? new DateTime(9998, 12, 31) : after.AddYears(YearsMax);
        for (; day <= last; day = _month.Contains(day.Month) ? day.AddDays(1) : FirstOfNextMonth(day))
        {
            if (!IsDay(day))
            {
                continue;
            }

            TimeSpan from = day == after.Date ? after.TimeOfDay + TimeSpan.FromMinutes(1) : TimeSpan.Zero;
            if (TimeOfDay(from) is { } time)
            {
                return day + time;
            }
        }

        return null;
    }

    private static DateTime FirstOfNextMonth(DateTime day) => new DateTime(day.Year, day.Month, 1).AddMonths(1);

    private TimeSpan? TimeOfDay(TimeSpan from)
    {
        for (int? hour = from.Days > 0 ? null : _hour.AtLeast(from.Hours); hour is { } h; hour = _hour.AtLeast(h + 1))
        {
            if (_minute.AtLeast(h == from.Hours ? from.Minutes : 0) is { } minute)
            {
                return new TimeSpan(h, minute, 0);
            }
        }

        return null;
    }

    private bool IsDay(DateTime day)
    {
        if (!_month.Contains(day.Month))
        {
            return false;
        }

        bool ofMonth = _dayOfMonth.Contains(day.Day);
        int number = (int)day.DayOfWeek;
        bool ofWeek = _dayOfWeek.Contains(number) || (number == 0 && _dayOfWeek.Contains(7));
        return _dayOfMonth.IsAny || _dayOfWeek.IsAny ? ofMonth && ofWeek : ofMonth || ofWeek;
    }
}
