namespace K8sBackup.Repository.Index;

/// <summary>When the index grows past what memory there is: the rest of its tables lie in files that the kernel pages in and out.</summary>
/// <param name="BytesInMemory">Bytes of tables that stay in memory.</param>
/// <param name="Directory">
/// Where the files are made, best on a local disk; not a tmpfs, which is memory too. They have no name once they are open, so nothing
/// is left behind, and they hold nothing that the store does not have: keyed ids and places.
/// </param>
public sealed record IndexPaging(long BytesInMemory, string Directory);
