using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace K8sBackup.Model.Ids;

/// <summary>The snapshots of one run that belong together.</summary>
[JsonConverter(typeof(IdJsonConverter<RestorePointId>))]
public readonly record struct RestorePointId(SortableId Value) : IId<RestorePointId>, IComparable<RestorePointId>
{
    public static RestorePointId Create(TimeProvider clock) => new(SortableId.Create(clock));

    public static RestorePointId Parse(string text) => new(SortableId.Parse(text));

    public static bool TryParse([NotNullWhen(true)] string? text, out RestorePointId id)
    {
        bool parsed = SortableId.TryParse(text, out SortableId value);
        id = new RestorePointId(value);
        return parsed;
    }

    public int CompareTo(RestorePointId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(RestorePointId left, RestorePointId right) => left.CompareTo(right) < 0;

    public static bool operator >(RestorePointId left, RestorePointId right) => left.CompareTo(right) > 0;

    public static bool operator <=(RestorePointId left, RestorePointId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RestorePointId left, RestorePointId right) => left.CompareTo(right) >= 0;
}
