using System.Text.Json.Nodes;

namespace K8sBackup.Cli.Output;

/// <summary>One field of a kind of object: its name in documents, its heading in tables, and both values.</summary>
/// <param name="Name">Stable camelCase name.</param>
/// <param name="Heading">Heading for people.</param>
/// <param name="Place">Where it shows for people.</param>
/// <param name="Document">Value for json and yaml.</param>
/// <param name="Cell">Value for people, not yet escaped.</param>
internal sealed record Field<T>(string Name, string Heading, FieldPlace Place, Func<T, JsonNode?> Document, Func<T, string> Cell)
{
    /// <summary>Prints a list or an object below the details instead of a cell, under the heading given.</summary>
    public Action<TableWriter, string, T>? Section { get; init; }

    /// <summary>The section also shows below a list of these objects, under a heading that names the object.</summary>
    public bool ShowsBelowLists { get; init; }
}
