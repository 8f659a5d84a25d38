using K8sBackup.Agent.Session;

namespace K8sBackup.Agent.Upload;

/// <summary>What a source is given for one attempt.</summary>
/// <param name="WorkId">The work, for the log.</param>
/// <param name="Terms">What the coordinator said.</param>
/// <param name="Chunks">Where chunks go.</param>
/// <param name="Known">Chunks that need not be sent; a source adds those of the parent as it meets them.</param>
/// <param name="Parent">Entries of the parent snapshot; empty when there is none.</param>
/// <param name="Meter">Where progress goes.</param>
/// <param name="Log">Where events go.</param>
internal sealed record CaptureContext(
    string WorkId, UploadTerms Terms, ChunkPipeline Chunks, KnownChunkSet Known, ParentReader Parent, WorkMeter Meter, ILogger Log);
