using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace K8sBackup.Model.Ids;

/// <summary>One rehearsal of a restore.</summary>
[JsonConverter(typeof(IdJsonConverter<DrillId>))]
public readonly record struct DrillId(SortableId Value) : IId<DrillId>, IComparable<DrillId>
{
    public static DrillId Create(TimeProvider clock) => new(SortableId.Create(clock));

    public static DrillId Parse(string text) => new(SortableId.Parse(text));

    public static bool TryParse([NotNullWhen(true)] string? text, out DrillId id)
    {
        bool parsed = SortableId.TryParse(text, out SortableId value);
        id = new DrillId(value);
        return parsed;
    }

    public int CompareTo(DrillId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(DrillId left, DrillId right) => left.CompareTo(right) < 0;

    public static bool operator >(DrillId left, DrillId right) => left.CompareTo(right) > 0;

    public static bool operator <=(DrillId left, DrillId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(DrillId left, DrillId right) => left.CompareTo(right) >= 0;
}
