using System.Text.Json.Serialization;
using K8sBackup.Model.Trees;

namespace K8sBackup.Model.Manifests;

/// <summary>One object of a source that was not captured as it should be.</summary>
/// <param name="Path">Printable form of the path (<see cref="TreePath.Display"/>).</param>
/// <param name="State">What happened to it.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record ItemOutcome(
    string Path,
    [property: JsonConverter(typeof(JsonStringEnumConverter<EntryState>))] EntryState State,
    string Reason)
{
    /// <summary>A manifest names at most this many; the tree has all of them, and the counts are exact.</summary>
    public const int ListedMax = 1000;

    /// <summary>Longest reason kept, in characters.</summary>
    public const int ReasonLengthMax = 512;
}
