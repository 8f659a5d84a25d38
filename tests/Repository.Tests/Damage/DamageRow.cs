namespace K8sBackup.Repository.Tests.Damage;

/// <summary>What must be said and done when one object is harmed in one way. Where a property is left out, nothing is lost or found.</summary>
/// <param name="Kind">What is harmed.</param>
/// <param name="Harm">How.</param>
/// <param name="Found">What the check names: the object, something else by its prefix, or nothing because nothing tells.</param>
internal sealed record DamageRow(string Kind, Harm Harm, string? Found)
{
    /// <summary>The check names the restore point of A.</summary>
    public bool NamesPoint { get; init; }

    /// <summary>The check names files of A.</summary>
    public bool NamesFiles { get; init; }

    /// <summary>Nothing can be opened before a repair.</summary>
    public bool Closed { get; init; }

    /// <summary>A cannot be restored before a repair.</summary>
    public bool LosesA { get; init; }

    /// <summary>Nor can B.</summary>
    public bool LosesB { get; init; }

    /// <summary>A cannot be restored after it either, and has a mark that says so.</summary>
    public bool MarksA { get; init; }

    /// <summary>The manifest is gone for good: nothing can be marked or stored again.</summary>
    public bool LosesManifest { get; init; }

    /// <summary>What the check still names after the repair.</summary>
    public string? Left { get; init; }

    public override string ToString() => $"{Kind} {Harm}";
}
