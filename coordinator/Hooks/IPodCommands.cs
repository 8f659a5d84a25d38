namespace K8sBackup.Coordinator.Hooks;

/// <summary>Runs commands in containers of running pods.</summary>
public interface IPodCommands
{
    /// <summary>
    /// Runs the command to its end; what it prints is dropped but for the end of its standard error. Expected ends are values. Cancelling
    /// breaks the connection, and the command may go on.
    /// </summary>
    Task<CommandOutcome> RunAsync(PodReference pod, HookCommand command, CancellationToken cancellationToken);
}
