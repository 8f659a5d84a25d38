using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace K8sBackup.Model.Ids;

/// <summary>One source at one time.</summary>
[JsonConverter(typeof(IdJsonConverter<SnapshotId>))]
public readonly record struct SnapshotId(SortableId Value) : IId<SnapshotId>, IComparable<SnapshotId>
{
    public static SnapshotId Create(TimeProvider clock) => new(SortableId.Create(clock));

    /// <summary>
    /// The id of a source's snapshot in a run. It is the same for every attempt, so that a store that never overwrites keeps one of them,
    /// whichever arrives first and whoever has forgotten the others.
    /// </summary>
    public static SnapshotId Of(RunId run, SourceKey source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new SnapshotId(SortableId.Derive(run.Value, source.ToString()));
    }

    public static SnapshotId Parse(string text) => new(SortableId.Parse(text));

    public static bool TryParse([NotNullWhen(true)] string? text, out SnapshotId id)
    {
        bool parsed = SortableId.TryParse(text, out SortableId value);
        id = new SnapshotId(value);
        return parsed;
    }

    public int CompareTo(SnapshotId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(SnapshotId left, SnapshotId right) => left.CompareTo(right) < 0;

    public static bool operator >(SnapshotId left, SnapshotId right) => left.CompareTo(right) > 0;

    public static bool operator <=(SnapshotId left, SnapshotId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SnapshotId left, SnapshotId right) => left.CompareTo(right) >= 0;
}
