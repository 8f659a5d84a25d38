namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>Something of the coordinator that may have to tell people to look at it.</summary>
public interface IStatusWarnings
{
    /// <summary>One sentence for each thing; none when all is well. A store that cannot be read is one, and no exception.</summary>
    Task<IReadOnlyList<string>> WarningsAsync(CancellationToken cancellationToken);
}
