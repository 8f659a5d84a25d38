namespace K8sBackup.Coordinator.Hosting;

/// <summary>The configuration cannot be used. The message has one line for each fault.</summary>
public sealed class OptionsException : Exception
{
    public OptionsException(IReadOnlyList<string> faults)
        : base(string.Join('\n', faults))
    {
        Faults = faults;
    }

    public IReadOnlyList<string> Faults { get; }
}
