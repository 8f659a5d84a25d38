using System.Globalization;

namespace K8sBackup.Model.Retention;

/// <summary>The periods rules count: a name for each, equal for points of the same one. Names sort by time within a period.</summary>
internal static class RetentionPeriod
{
    /// <summary>The hour comes with its offset from UTC: the one that clocks repeat in autumn is two.</summary>
    public static string Hour(DateTimeOffset local) => local.ToString("yyyy-MM-dd'T'HHzzz", CultureInfo.InvariantCulture);

    public static string Day(DateTimeOffset local) => local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>ISO 8601: weeks begin on Monday, and the first of a year has its first Thursday.</summary>
    public static string Week(DateTimeOffset local) =>
        string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(local.DateTime):d4}-W{ISOWeek.GetWeekOfYear(local.DateTime):d2}");

    public static string Month(DateTimeOffset local) => local.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public static string Year(DateTimeOffset local) => local.ToString("yyyy", CultureInfo.InvariantCulture);
}
