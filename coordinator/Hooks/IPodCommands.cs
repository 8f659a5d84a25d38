namespace K8sBackup.Coordinator.Hooks;

/// <summary>Runs commands in containers of running pods.</summary>
public interface IPodCommands
{
    /// <summary>
    /// Runs the command to its end. Expected ends are values; what the output's stream throws comes out as it is. Cancelling
    /// breaks the connection, and the command may go on.
    /// </summary>
    Task<CommandOutcome> RunAsync(PodReference pod, HookCommand command, CommandOutput output, CancellationToken cancellationToken);
}
