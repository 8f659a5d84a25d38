namespace K8sBackup.Agent.Upload;

/// <summary>What the coordinator said when it accepted an upload.</summary>
internal sealed record UploadTerms(long WindowBytes, byte[] CutterKey, string ParentSnapshotId);
