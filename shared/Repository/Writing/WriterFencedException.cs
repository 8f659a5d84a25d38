namespace K8sBackup.Repository.Writing;

/// <summary>Another writer took over. What this one committed stays; what it did not commit is garbage for a later prune.</summary>
public sealed class WriterFencedException : Exception
{
    public WriterFencedException(long own, long? current, Exception? inner = null)
        : base(
            current is null
                ? $"The writer of generation {own} was replaced: the state object is gone."
                : $"The writer of generation {own} was replaced by one of generation {current}.",
            inner)
    {
        Own = own;
        Current = current;
    }

    /// <summary>Generation of this writer.</summary>
    public long Own { get; }

    /// <summary>Generation in the store; null when the state object is gone.</summary>
    public long? Current { get; }

    /// <summary>Always true: this writer never writes again.</summary>
    public bool IsPermanent { get; } = true;
}
