namespace K8sBackup.FileTree.Restoring;

/// <summary>What became of one entry.</summary>
/// <param name="Path">Its path in the tree.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Cause">Why it was not restored.</param>
/// <param name="Reason">The cause in words, without the path; empty when restored.</param>
/// <param name="Notes">For a restored entry: parts of its metadata that were left out or refused.</param>
public sealed record RestoreResult(
    byte[] Path, RestoreOutcome Outcome, RestoreCause Cause, string Reason, IReadOnlyList<string> Notes);
