using K8sBackup.Coordinator.Fleet;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>Backs up what commands in pods write to their standard output.</summary>
public interface IPodDumps
{
    /// <summary>
    /// Runs the work's command, streams its output into the repository, and ends the work on the board: with a committed snapshot, or with why there is
    /// none. When this process is to stop, the work stays as it is, to be begun anew by whoever takes the run up.
    /// </summary>
    /// <param name="item">The work; what is to be run is its dump.</param>
    /// <param name="note">Takes what people should know besides, before the work ends.</param>
    /// <param name="stopping">Cancelled when this process is to stop.</param>
    /// <exception cref="OperationCanceledException">It is to stop.</exception>
    Task TakeAsync(WorkItem item, Action<string> note, CancellationToken stopping);
}
