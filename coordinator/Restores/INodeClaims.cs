namespace K8sBackup.Coordinator.Restores;

/// <summary>Work on nodes that neither restores nor drills may meddle with.</summary>
public interface INodeClaims
{
    /// <summary>What goes on on that node, as a sentence; null when nothing does.</summary>
    string? ClaimOn(string node);
}
