namespace K8sBackup.FileTree.Restoring;

/// <summary>What a restore would do with one name.</summary>
public enum PreviewAction
{
    Create = 1,
    Replace,
    Keep,
    Delete,
    Fail,
}
