using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Pruning;

/// <summary>What a rewrite of index segments did.</summary>
internal sealed class IndexRewrite
{
    /// <summary>Segments before.</summary>
    public required int Before { get; init; }

    /// <summary>Segments whose content is in new ones, each with the packs that were left out.</summary>
    public List<(string Segment, IReadOnlyList<ObjectId> Leaving)> Replaced { get; } = [];

    /// <summary>Packs to be left out that a locked segment goes on listing.</summary>
    public HashSet<ObjectId> StillListed { get; } = [];

    public int Written { get; set; }

    public int Deleted { get; set; }

    public int After => Before + Written - Deleted;
}
