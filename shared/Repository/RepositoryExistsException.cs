namespace K8sBackup.Repository;

/// <summary>The store already holds a repository.</summary>
public sealed class RepositoryExistsException : Exception
{
    public RepositoryExistsException()
        : base("The store already holds a repository; nothing was changed.")
    {
    }

    /// <summary>Always true.</summary>
    public bool IsPermanent { get; } = true;
}
