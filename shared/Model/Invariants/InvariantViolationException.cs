namespace K8sBackup.Model.Invariants;

/// <summary>Something this program guarantees to itself does not hold; the message is the condition.</summary>
public sealed class InvariantViolationException : Exception
{
    public InvariantViolationException(string condition)
        : base($"Invariant violated: {condition}")
    {
    }
}
