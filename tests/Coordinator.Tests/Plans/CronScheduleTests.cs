using System.Globalization;
using K8sBackup.Coordinator.Plans;

namespace K8sBackup.Coordinator.Tests.Plans;

public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("", "not 0")]
    [InlineData("0 2 * *", "not 4")]
    [InlineData("0 2 * * * *", "not 6")]
    [InlineData("60 2 * * *", "minute")]
    [InlineData("0 24 * * *", "hour")]
    [InlineData("0 0 0 * *", "day of month")]
    [InlineData("0 0 * 13 *", "month")]
    [InlineData("0 0 * * 8", "day of week")]
    [InlineData("0 0 * * funday", "funday")]
    [InlineData("*/0 * * * *", "minute")]
    [InlineData("1-2-3 * * * *", "malformed range")]
    [InlineData("30-10 * * * *", "backwards")]
    [InlineData("*/5/2 * * * *", "more than one step")]
    [InlineData(", * * * *", "minute")]
    [InlineData("-1 * * * *", "minute")]
    [InlineData("+1 * * * *", "minute")]
    [InlineData("0 0 30 2 *", "never comes")]
    [InlineData("0 0 31 2,4,6,9,11 *", "never comes")]
    [InlineData("@often", "not 1")]
    public void TryParse_BadExpression_SaysWhatIsWrong(string text, string expected)
    {
        Assert.False(CronSchedule.TryParse(text, TimeZoneInfo.Utc, out _, out string reason));
        Assert.Contains(expected, reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0 2 * * *", "2026-03-01 01:59", "2026-03-01 02:00")]
    [InlineData("0 2 * * *", "2026-03-01 02:00", "2026-03-02 02:00")]
    [InlineData("*/15 * * * *", "2026-03-01 02:01", "2026-03-01 02:15")]
    [InlineData("5/20 * * * *", "2026-03-01 02:06", "2026-03-01 02:25")]
    [InlineData("0 8-18/5 * * *", "2026-03-01 13:30", "2026-03-01 18:00")]
    [InlineData("0 0 1,15 * *", "2026-03-02 00:00", "2026-03-15 00:00")]
    [InlineData("0 0 29 2 *", "2026-03-01 00:00", "2028-02-29 00:00")]
    [InlineData("0 0 * * mon", "2026-03-01 00:00", "2026-03-02 00:00")]
    [InlineData("0 0 * * 7", "2026-03-02 00:00", "2026-03-08 00:00")]
    [InlineData("0 0 * * FRI-SUN", "2026-03-02 00:00", "2026-03-06 00:00")]
    [InlineData("0 0 13 * fri", "2026-03-01 00:00", "2026-03-06 00:00")]
    [InlineData("0 0 10 * fri", "2026-03-07 00:00", "2026-03-10 00:00")]
    [InlineData("0 0 */2 * mon", "2026-03-02 00:00", "2026-03-09 00:00")]
    [InlineData("0 0 1 jan,JUL *", "2026-03-02 00:00", "2026-07-01 00:00")]
    [InlineData("59 23 31 12 *", "2026-12-31 23:59", "2027-12-31 23:59")]
    [InlineData("@daily", "2026-03-01 00:00", "2026-03-02 00:00")]
    [InlineData("@hourly", "2026-03-01 00:00", "2026-03-01 01:00")]
    [InlineData("@weekly", "2026-03-02 00:00", "2026-03-08 00:00")]
    [InlineData("@monthly", "2026-03-02 00:00", "2026-04-01 00:00")]
    [InlineData("@yearly", "2026-03-02 00:00", "2027-01-01 00:00")]
    public void NextAfter_InUtc_IsTheNextMatch(string text, string after, string expected) =>
        Assert.Equal(Utc(expected), Parse(text, TimeZoneInfo.Utc).NextAfter(Utc(after)));

    [Theory]
    // Berlin: 02:00 to 03:00 does not exist on 29 March 2026; 02:00 to 03:00 comes twice on 25 October 2026.
    [InlineData("30 2 * * *", "2026-03-28 12:00", "2026-03-29 01:00")]
    [InlineData("30 2 * * *", "2026-03-29 01:00", "2026-03-30 00:30")]
    [InlineData("30 3 * * *", "2026-03-28 12:00", "2026-03-29 01:30")]
    [InlineData("*/20 2 * * *", "2026-03-29 00:59", "2026-03-29 01:00")]
    [InlineData("*/20 2 * * *", "2026-03-29 01:00", "2026-03-30 00:00")]
    [InlineData("30 2 * * *", "2026-10-24 12:00", "2026-10-25 00:30")]
    [InlineData("30 2 * * *", "2026-10-25 00:30", "2026-10-26 01:30")]
    [InlineData("30 2 * * *", "2026-10-25 00:45", "2026-10-26 01:30")]
    [InlineData("0 * * * *", "2026-10-25 00:00", "2026-10-25 02:00")]
    public void NextAfter_AroundClockChanges_RunsOnce(string text, string after, string expected) =>
        Assert.Equal(Utc(expected), Parse(text, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).NextAfter(Utc(after)));

    [Theory]
    [InlineData("UTC", 1)]
    [InlineData("Europe/Berlin", 2)]
    [InlineData("America/New_York", 3)]
    [InlineData("Australia/Lord_Howe", 4)]
    [InlineData("Asia/Kathmandu", 5)]
    public void NextAfter_RandomExpressions_AgreesWithWalkingMinuteByMinute(string zoneName, int seed)
    {
        TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
        Random random = new(seed);
        for (int round = 0; round < 12; round++)
        {
            string text = $"{random.Next(60)},{random.Next(60)} {random.Next(24)}-23/{random.Next(1, 7)} {(random.Next(2) == 0 ? "*" : $"{random.Next(1, 29)}")} * {(random.Next(2) == 0 ? "*" : $"{random.Next(7)}")}";
            CronSchedule schedule = Parse(text, zone);
            DateTimeOffset from = Utc("2026-03-01 00:00").AddMinutes(random.Next(300 * 24 * 60));
            DateTimeOffset next = schedule.NextAfter(from);
            Assert.True(next > from, $"seed {seed}: {text}");
            Assert.True(IsMatch(text, zone, next), $"seed {seed}: {text} after {from:u} gave {next:u}");
            for (DateTimeOffset t = from.AddMinutes(1); t < next; t = t.AddMinutes(1))
            {
                Assert.False(IsMatch(text, zone, t), $"seed {seed}: {text} after {from:u} missed {t:u}");
            }
        }
    }

    // An independent reading of the rules: local fields match at the first of two passes, or the gap just before held a match.
    private static bool IsMatch(string text, TimeZoneInfo zone, DateTimeOffset instant)
    {
        DateTime local = TimeZoneInfo.ConvertTime(instant, zone).DateTime;
        bool secondPass = zone.IsAmbiguousTime(local) && zone.GetUtcOffset(instant) != zone.GetAmbiguousTimeOffsets(local).Max();
        if (!secondPass && FieldsMatch(text, local))
        {
            return true;
        }

        for (DateTime skipped = local.AddMinutes(-1); zone.IsInvalidTime(skipped); skipped = skipped.AddMinutes(-1))
        {
            if (FieldsMatch(text, skipped))
            {
                return true;
            }
        }

        return false;
    }

    private static bool FieldsMatch(string text, DateTime local)
    {
        string[] f = text.Split(' ');
        string[] hours = f[1].Split('-', '/');
        int first = int.Parse(hours[0], CultureInfo.InvariantCulture);
        bool hour = local.Hour >= first && (local.Hour - first) % int.Parse(hours[2], CultureInfo.InvariantCulture) == 0;
        bool ofMonth = f[2] == "*" || f[2] == local.Day.ToString(CultureInfo.InvariantCulture);
        bool ofWeek = f[4] == "*" || f[4] == ((int)local.DayOfWeek).ToString(CultureInfo.InvariantCulture);
        bool day = f[2] == "*" || f[4] == "*" ? ofMonth && ofWeek : ofMonth || ofWeek;
        return f[0].Split(',').Contains(local.Minute.ToString(CultureInfo.InvariantCulture)) && hour && day;
    }

    private static CronSchedule Parse(string text, TimeZoneInfo zone)
    {
        Assert.True(CronSchedule.TryParse(text, zone, out CronSchedule? schedule, out string reason), reason);
        return schedule;
    }

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
