using System.Globalization;

namespace K8sBackup.Coordinator.Plans;

/// <summary>
/// One field of a cron expression as a set of values: lists of values, ranges and steps
/// (<c>1,15</c>, <c>mon-fri</c>, <c>*/10</c>, <c>8-18/2</c>). A step after a single value counts up to the greatest value.
/// </summary>
internal sealed record CronField
{
    private readonly ulong _values;

    private CronField(ulong values, bool isAny)
    {
        _values = values;
        IsAny = isAny;
    }

    /// <summary>True when the field began with <c>*</c>; decides how day of month and day of week combine.</summary>
    public bool IsAny { get; }

    public bool Contains(int value) => (_values & (1UL << value)) != 0;

    /// <summary>The least member that is at least <paramref name="value"/>; null when there is none.</summary>
    public int? AtLeast(int value)
    {
        ulong rest = value > 63 ? 0 : _values >> value << value;
        return rest == 0 ? null : System.Numerics.BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>Reads a field.</summary>
    /// <param name="text">The field's text.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="min">Least value.</param>
    /// <param name="max">Greatest value.</param>
    /// <param name="names">Names of the values from <paramref name="min"/> on; empty when there are none.</param>
    /// <exception cref="FormatException">It is malformed; the message says why.</exception>
    public static CronField Parse(string text, string what, int min, int max, IReadOnlyList<string> names)
    {
        ulong values = 0;
        foreach (string item in text.Split(','))
        {
            string[] parts = item.Split('/');
            if (parts.Length > 2)
            {
                throw new FormatException($"the {what} '{text}' has more than one step in an item");
            }

            int step = parts.Length == 2 ? Number(parts[1], what, text, 1, max) : 1;
            (int from, int to) = Range(parts, what, text, min, max, names);
            for (int value = from; value <= to; value += step)
            {
                values |= 1UL << value;
            }
        }

        return new CronField(values, text.StartsWith('*'));
    }

    private static (int From, int To) Range(string[] parts, string what, string text, int min, int max, IReadOnlyList<string> names)
    {
        if (parts[0] == "*")
        {
            return (min, max);
        }

        string[] ends = parts[0].Split('-');
        if (ends.Length > 2)
        {
            throw new FormatException($"the {what} '{text}' has a malformed range");
        }

        int from = Value(ends[0], what, text, min, max, names);
        int to = ends.Length == 2 ? RangeEnd(ends[1], what, text, min, max, names) : parts.Length == 2 ? max : from;
        return from <= to ? (from, to) : throw new FormatException($"the {what} '{text}' has a range that runs backwards");
    }

    // A name that stands for two values (Sunday, 0 and 7) means the greater one at the end of a range: fri-sun.
    private static int RangeEnd(string text, string what, string field, int min, int max, IReadOnlyList<string> names)
    {
        int value = Value(text, what, field, min, max, names);
        return value == min && names.Count == max - min + 1 && names[^1] == names[0] && !char.IsAsciiDigit(text[0]) ? max : value;
    }

    private static int Value(string text, string what, string field, int min, int max, IReadOnlyList<string> names)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (string.Equals(names[i], text, StringComparison.OrdinalIgnoreCase))
            {
                return min + i;
            }
        }

        return Number(text, what, field, min, max);
    }

    private static int Number(string text, string what, string field, int min, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max
            ? number
            : throw new FormatException($"the {what} '{field}' has '{text}' where a value from {min} to {max} is expected");
}
