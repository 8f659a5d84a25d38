using K8sBackup.Etcd.DataDir;

namespace K8sBackup.Etcd.Restoring;

/// <summary>What a restore needs from whoever runs it, in the order of the calls.</summary>
public interface IMemberRestoreSteps
{
    /// <summary>An earlier try of the same restore died within its swap, and is finished first.</summary>
    void FoundUnfinishedSwap(SwapPhase phase);

    /// <summary>A phase begins: "downloading", "building" or "swapping".</summary>
    void Begin(string phase);

    /// <summary>Brings the snapshot with its digest to a new file, synced.</summary>
    Task FetchAsync(string path, CancellationToken cancellationToken);

    /// <summary>Everything is built and verified, and the swap is next: the last chance to note the result.</summary>
    void BeforeSwap(MemberRestoreResult result);

    /// <summary>The swap failed and is rolled back.</summary>
    void RollingBack(string cause);
}
