namespace K8sBackup.Model.Outcomes;

/// <summary>Carries a <see cref="Outcomes.Failure"/> through code that cannot return it.</summary>
public sealed class BackupException : Exception
{
    public BackupException(Failure failure, Exception? inner = null)
        : base(failure?.ToString(), inner)
    {
        ArgumentNullException.ThrowIfNull(failure);
        Failure = failure;
    }

    public BackupException(FailureCause cause, string message, Exception? inner = null)
        : this(new Failure("", "", cause, message), inner)
    {
    }

    public Failure Failure { get; }

    /// <summary>The same failure with the place filled in where it was open.</summary>
    public BackupException At(string node, string source) =>
        new(Failure with
        {
            Node = Failure.Node.Length > 0 ? Failure.Node : node,
            Source = Failure.Source.Length > 0 ? Failure.Source : source,
        }, this);
}
