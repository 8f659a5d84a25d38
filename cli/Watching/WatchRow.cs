namespace K8sBackup.Cli.Watching;

/// <summary>One source, restore or check while it goes on.</summary>
/// <param name="Name">For people, not yet escaped.</param>
/// <param name="State">A word.</param>
/// <param name="IsActive">True while bytes move.</param>
/// <param name="Progress">How far it is.</param>
/// <param name="Problem">Why it failed, empty otherwise.</param>
internal sealed record WatchRow(string Name, string State, bool IsActive, Transport.V1.Progress Progress, string Problem)
{
    /// <summary>What is counted beside bytes.</summary>
    public string Unit { get; init; } = "files";
}
