namespace K8sBackup.Repository.Writing;

/// <summary>
/// An earlier write of this writer failed, so its state is not known and it is used up: dispose it and open another one, which finds what
/// is durable. The inner exception is the first failure.
/// </summary>
public sealed class WriterFailedException : Exception
{
    public WriterFailedException(Exception first)
        : base($"The repository writer failed earlier: {first?.Message}", first)
    {
    }

    /// <summary>Always true: a new writer is needed.</summary>
    public bool IsPermanent { get; } = true;
}
