using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace K8sBackup.Model.Ids;

/// <summary>One restore asked for by an operator.</summary>
[JsonConverter(typeof(IdJsonConverter<RestoreId>))]
public readonly record struct RestoreId(SortableId Value) : IId<RestoreId>, IComparable<RestoreId>
{
    public static RestoreId Create(TimeProvider clock) => new(SortableId.Create(clock));

    public static RestoreId Parse(string text) => new(SortableId.Parse(text));

    public static bool TryParse([NotNullWhen(true)] string? text, out RestoreId id)
    {
        bool parsed = SortableId.TryParse(text, out SortableId value);
        id = new RestoreId(value);
        return parsed;
    }

    public int CompareTo(RestoreId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(RestoreId left, RestoreId right) => left.CompareTo(right) < 0;

    public static bool operator >(RestoreId left, RestoreId right) => left.CompareTo(right) > 0;

    public static bool operator <=(RestoreId left, RestoreId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RestoreId left, RestoreId right) => left.CompareTo(right) >= 0;
}
