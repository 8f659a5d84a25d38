using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Packs;

/// <summary>Everything known about a pack without its frames' content.</summary>
internal sealed record PackDirectory
{
    public required ObjectHeader Header { get; init; }

    /// <summary>Length of the pack object in bytes.</summary>
    public required long PackBytes { get; init; }

    /// <summary>In order of their offsets, padding included.</summary>
    public required IReadOnlyList<PackFrame> Frames { get; init; }

    /// <summary>In order of their places.</summary>
    public required IReadOnlyList<PackChunk> Chunks { get; init; }

    public ObjectId Pack => Header.Id;

    public string ObjectName => ObjectNames.Pack(Header.Id);
}
