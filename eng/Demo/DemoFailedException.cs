namespace K8sBackup.Demo;

/// <summary>What came back is not what was backed up.</summary>
internal sealed class DemoFailedException : Exception
{
    public DemoFailedException(string message)
        : base(message)
    {
    }
}
