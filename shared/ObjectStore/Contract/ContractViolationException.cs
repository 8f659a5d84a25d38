namespace K8sBackup.ObjectStore.Contract;

/// <summary>A store does not do what every store must; the message says what it did instead.</summary>
public sealed class ContractViolationException : Exception
{
    /// <param name="message">What was expected and what happened.</param>
    public ContractViolationException(string message)
        : base(message)
    {
    }
}
