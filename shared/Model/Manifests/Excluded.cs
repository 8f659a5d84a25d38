namespace K8sBackup.Model.Manifests;

/// <summary>What one rule left out of a snapshot.</summary>
/// <param name="Rule">The pattern, or what else it was, in words.</param>
/// <param name="Files">Objects that are no directories; exact.</param>
/// <param name="Directories">Directories; exact. What is below them is not counted.</param>
/// <param name="Examples">The first of them, printable; at most <see cref="ExamplesMax"/>.</param>
public sealed record Excluded(string Rule, long Files, long Directories, IReadOnlyList<string> Examples)
{
    public const int ExamplesMax = 10;

    /// <summary>Most characters of the examples of all rules together.</summary>
    public const int ExampleCharactersMax = 100_000;
}
