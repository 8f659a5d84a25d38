using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>What is remembered about a repository outside its store.</summary>
/// <param name="Repository">Its id.</param>
/// <param name="Generation">The highest generation its writers here had.</param>
/// <param name="Newest">The restore point committed last.</param>
/// <param name="PutBackAt">When the store was found older than this, if it ever was.</param>
/// <param name="PutBack">What showed it.</param>
public sealed record StoreMark(string Repository, long Generation, RestorePointId? Newest, DateTimeOffset? PutBackAt = null, string? PutBack = null);
