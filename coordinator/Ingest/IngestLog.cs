using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>Events 2000-2099. Sources, works and counts only; never names or content of files.</summary>
internal static partial class IngestLog
{
    [LoggerMessage(2000, LogLevel.Information, "Upload of {Source} for work {Work} began; {Known} chunks are known from before, parent snapshot {Parent}.")]
    public static partial void Began(ILogger logger, string source, string work, long known, string parent);

    [LoggerMessage(2001, LogLevel.Information, "Snapshot {Snapshot} of {Source} is committed: {Outcome}, {Entries} entries, {FileBytes} bytes, {SentBytes} sent, {StoredBytes} stored.")]
    public static partial void Committed(ILogger logger, string snapshot, string source, string outcome, long entries, long fileBytes, long sentBytes, long storedBytes);

    [LoggerMessage(2002, LogLevel.Warning, "Upload of {Source} for work {Work} ended without a snapshot after {Frames} frames: {Reason}")]
    public static partial void Ended(ILogger logger, string source, string work, ulong frames, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "Upload of {Source} for work {Work} was refused; the agent of node {Node} broke the protocol: {Reason}")]
    public static partial void Refused(ILogger logger, string source, string work, string node, string reason);

    [LoggerMessage(2004, LogLevel.Warning, "Snapshot {Parent} of {Source} cannot serve as parent; everything is read again: {Reason}")]
    public static partial void ParentUnusable(ILogger logger, string parent, string source, string reason);

    [LoggerMessage(2005, LogLevel.Information, "Work {Work} had been committed as snapshot {Snapshot} before.")]
    public static partial void CommittedBefore(ILogger logger, string work, string snapshot);

    [LoggerMessage(2006, LogLevel.Warning, "What was known of the upload of work {Work} cannot be removed: {Reason}")]
    public static partial void LedgerStays(ILogger logger, string work, string reason);
}
