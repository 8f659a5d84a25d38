namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>What the status call says of the repository. Cheap: numbers known without asking the store.</summary>
public interface IRepositoryFacts
{
    /// <summary>The store in words, such as its path. No credentials.</summary>
    string Store { get; }

    /// <summary>Objects in the store as far as known.</summary>
    long Objects { get; }

    /// <summary>Chunks in the index.</summary>
    long Chunks { get; }
}
