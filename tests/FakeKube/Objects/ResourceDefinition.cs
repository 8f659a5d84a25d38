using System.Text.Json.Nodes;

namespace K8sBackup.FakeKube.Objects;

/// <summary>A kind the server knows, and how it treats it.</summary>
public sealed record ResourceDefinition
{
    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Plural { get; init; }

    public required string Kind { get; init; }

    public required bool IsNamespaced { get; init; }

    /// <summary>Status changes only by its sub-resource, and the rest not by it.</summary>
    public bool HasStatus { get; init; }

    /// <summary>Changes of what is wanted are counted.</summary>
    public bool CountsGenerations { get; init; }

    /// <summary>An update may come without a resourceVersion.</summary>
    public bool AllowsUnconditionalUpdate { get; init; } = true;

    /// <summary>A field that may not change once the object is there; a secret's type for example.</summary>
    public IReadOnlyList<string> ImmutableFields { get; init; } = [];

    /// <summary>Fields beside name and namespace one may select by, as dotted paths.</summary>
    public IReadOnlyList<string> SelectableFields { get; init; } = [];

    /// <summary>Keys of lists that are maps, by dotted path: <c>status.conditions</c> is one by <c>type</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ListKeys { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Of a kind of one's own; its defaults are put into what is written.</summary>
    public JsonObject? Schema { get; init; }

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Beside the name.</summary>
    public IReadOnlyList<PrinterColumn> Columns { get; init; } = [];

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public string QualifiedPlural => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}
