using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace K8sBackup.Model.Ids;

/// <summary>One execution of a plan.</summary>
[JsonConverter(typeof(IdJsonConverter<RunId>))]
public readonly record struct RunId(SortableId Value) : IId<RunId>, IComparable<RunId>
{
    public static RunId Create(TimeProvider clock) => new(SortableId.Create(clock));

    public static RunId Parse(string text) => new(SortableId.Parse(text));

    public static bool TryParse([NotNullWhen(true)] string? text, out RunId id)
    {
        bool parsed = SortableId.TryParse(text, out SortableId value);
        id = new RunId(value);
        return parsed;
    }

    public int CompareTo(RunId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(RunId left, RunId right) => left.CompareTo(right) < 0;

    public static bool operator >(RunId left, RunId right) => left.CompareTo(right) > 0;

    public static bool operator <=(RunId left, RunId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RunId left, RunId right) => left.CompareTo(right) >= 0;
}
