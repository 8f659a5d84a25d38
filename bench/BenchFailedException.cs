namespace K8sBackup.Bench;

/// <summary>The benchmark cannot go on, or a tool did not bring back what it was given.</summary>
internal sealed class BenchFailedException : Exception
{
    public BenchFailedException(string message)
        : base(message)
    {
    }
}
