namespace K8sBackup.Coordinator.Hooks;

/// <summary>What a command writes: its standard output goes where it is wanted, of its standard error the end is kept.</summary>
public sealed class CommandOutput : IDisposable
{
    private readonly TailStream _error = new(CommandOutcome.ErrorTextMax);

    /// <param name="standardOutput">Takes the output as it comes; a slow one slows the command. What it throws ends the command.</param>
    public CommandOutput(Stream standardOutput) => StandardOutput = standardOutput;

    public Stream StandardOutput { get; }

    public Stream StandardError => _error;

    /// <summary>The end of the standard error, at most <see cref="CommandOutcome.ErrorTextMax"/> bytes of it.</summary>
    public string ErrorText => _error.Text;

    public void Dispose() => _error.Dispose();
}
