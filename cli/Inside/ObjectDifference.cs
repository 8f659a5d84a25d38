namespace K8sBackup.Cli.Inside;

/// <summary>An object that is not the same on both sides.</summary>
internal sealed record ObjectDifference(FoundObject? Before, FoundObject? After)
{
    public FoundObject Either => (After ?? Before)!;

    public string Word => Before is null ? "Added" : After is null ? "Removed" : "Changed";

    public IReadOnlyList<string> Fields => Before is null || After is null ? [] : FieldChanges.Of(Before.Object, After.Object);
}
