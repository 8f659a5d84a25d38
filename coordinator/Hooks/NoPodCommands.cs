namespace K8sBackup.Coordinator.Hooks;

/// <summary>For coordinators without a Kubernetes API: they know no pods.</summary>
public sealed class NoPodCommands : IPodCommands
{
    public Task<CommandOutcome> RunAsync(PodReference pod, HookCommand command, CommandOutput output, CancellationToken cancellationToken) =>
        Task.FromResult<CommandOutcome>(new CommandOutcome.Refused("This coordinator is not connected to a Kubernetes API."));
}
