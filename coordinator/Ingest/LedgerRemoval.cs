using K8sBackup.Coordinator.Fleet;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>Removes the ledger of a piece of work when the work is over, however it ended.</summary>
internal static class LedgerRemoval
{
    public static void WhenOver(UploadServices services, WorkItem item) => _ = item.Completion.ContinueWith(
        _ =>
        {
            try
            {
                UploadLedger.Remove(services.LedgerDirectory, item.WorkId);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Harmless: the file is small, and goes at a later start.
                IngestLog.LedgerStays(services.Log, item.WorkId, e.Message);
            }
        },
        CancellationToken.None,
        TaskContinuationOptions.None,
        TaskScheduler.Default);
}
