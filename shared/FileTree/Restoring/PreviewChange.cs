namespace K8sBackup.FileTree.Restoring;

/// <summary>What a restore would do with one name, and why or how.</summary>
public sealed record PreviewChange(PreviewAction Action, byte[] Path, string Detail);
