namespace K8sBackup.Repository;

/// <summary>What a repository says about itself.</summary>
/// <param name="Id">Its id.</param>
/// <param name="FormatVersion">The format it was created with.</param>
/// <param name="CreatedAt">When it was created.</param>
public sealed record RepositoryConfig(RepositoryId Id, int FormatVersion, DateTimeOffset CreatedAt);
