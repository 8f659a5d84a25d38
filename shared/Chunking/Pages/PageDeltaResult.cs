using K8sBackup.Model.Trees;

namespace K8sBackup.Chunking.Pages;

/// <summary>A page-structured file as it is now, and what it took.</summary>
/// <param name="Content">Extents and digests of the file.</param>
/// <param name="Size">Bytes of the file, holes included.</param>
/// <param name="Pages">Its pages, a short last one included.</param>
/// <param name="FreshPages">Pages given to the data sink.</param>
/// <param name="ZeroPages">Pages that became holes.</param>
public sealed record PageDeltaResult(FileContent Content, long Size, long Pages, long FreshPages, long ZeroPages);
