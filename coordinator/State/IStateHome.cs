namespace K8sBackup.Coordinator.State;

/// <summary>
/// Where the coordinator keeps what lets it go on after a restart: small documents by name, such as <c>runs/01J...</c>.
/// In a directory standalone, in objects of the API server in a cluster, where another replica goes on. Everything here can be
/// rebuilt or does without: restore points are in the store. Thread-safe; one writer for each name.
/// </summary>
public interface IStateHome
{
    /// <summary>Names of the documents below a folder, without it.</summary>
    IReadOnlyList<string> Names(string folder);

    /// <summary>A document; null when there is none.</summary>
    /// <exception cref="InvalidDataException">It is damaged; the message names it.</exception>
    T? Read<T>(string name)
        where T : class;

    /// <summary>
    /// Keeps a document. A directory has it when this returns; a cluster within seconds, the latest only, and
    /// <see cref="FlushAsync"/> waits for that.
    /// </summary>
    /// <exception cref="IOException">The disk is full or failing; the former content stands.</exception>
    void Write<T>(string name, T value)
        where T : class;

    /// <summary>Removes a document. Nothing happens when there is none.</summary>
    void Delete(string name);

    /// <summary>Returns when the document as last written outlives this process.</summary>
    Task FlushAsync(string name, CancellationToken cancellationToken);
}
