namespace K8sBackup.Model.Trees;

/// <summary>What a chunk holds for a tree.</summary>
public enum ChunkUse
{
    TreeBlock,
    ExtentList,
    PageDigests,
    FileData,
}
