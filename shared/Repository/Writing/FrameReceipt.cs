namespace K8sBackup.Repository.Writing;

/// <summary>What became of a frame. Never to be shown to an agent: it tells which chunks others have.</summary>
/// <param name="NewChunks">Chunks that were new to the repository.</param>
/// <param name="KnownChunks">Chunks that were durable or on their way already.</param>
/// <param name="StoredBytes">Bytes the frame adds to the store, sealed.</param>
/// <param name="Durable">
/// Completes when every chunk of the frame is in a durable pack and index segment; fails when the writer does. At the latest after
/// <see cref="RepositoryWriter.FlushAsync"/>.
/// </param>
public sealed record FrameReceipt(int NewChunks, int KnownChunks, long StoredBytes, Task Durable)
{
    internal static FrameReceipt Of(VerifiedFrame frame, int added, long storedBytes, IReadOnlyCollection<PackTicket> awaited) => new(
        added,
        frame.Chunks.Length - added,
        storedBytes,
        awaited.Count switch
        {
            0 => Task.CompletedTask,
            1 => awaited.First().Durable,
            _ => Task.WhenAll(awaited.Select(t => t.Durable)),
        });
}
