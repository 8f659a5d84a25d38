using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>Events 2200-2299.</summary>
internal static partial class CatalogLog
{
    [LoggerMessage(2200, LogLevel.Information, "The repository is open for writing as generation {Generation}; the index has {Chunks} chunks, {Damaged} index segments are damaged.")]
    public static partial void Opened(ILogger logger, long generation, long chunks, int damaged);

    [LoggerMessage(2201, LogLevel.Error, "Writing to the repository failed, and nothing more is written by this writer: {Reason}")]
    public static partial void WriterFailed(ILogger logger, string reason);

    [LoggerMessage(2202, LogLevel.Critical, "Another coordinator writes to this repository now. This one stops.")]
    public static partial void TakenOver(ILogger logger);

    [LoggerMessage(2203, LogLevel.Warning, "The store's objects cannot be counted: {Reason}")]
    public static partial void NotCounted(ILogger logger, string reason);

    [LoggerMessage(2204, LogLevel.Information, "Check of the repository by {Operator} began; data is read: {ReadData}.")]
    public static partial void CheckBegan(ILogger logger, string @operator, bool readData);

    [LoggerMessage(2205, LogLevel.Information, "Check of the repository found {Problems} problems in {Objects} objects.")]
    public static partial void CheckEnded(ILogger logger, long problems, long objects);

    [LoggerMessage(2206, LogLevel.Warning, "About the store: {Warning}")]
    public static partial void StoreWarning(ILogger logger, string warning);

    [LoggerMessage(2207, LogLevel.Critical, "The store is older than what had been in it: {What}. Somebody put an older state of it back, or removed the newer one.")]
    public static partial void PutBack(ILogger logger, string what);

    [LoggerMessage(2208, LogLevel.Warning, "How far the repository has come cannot be remembered: {Reason}")]
    public static partial void NotRemembered(ILogger logger, string reason);

    [LoggerMessage(2210, LogLevel.Information, "Scheduled check of the repository: {Problems} problems; {Read} packs read, {Ever} of {Packs} ever.")]
    public static partial void ScheduledCheckEnded(ILogger logger, long problems, long read, long ever, long packs);

    [LoggerMessage(2211, LogLevel.Error, "Check: {Object}: {Detail}. Files lost: {Files}. Restore points that need it: {Points}.")]
    public static partial void ProblemFound(ILogger logger, string @object, string detail, long files, string points);

    [LoggerMessage(2212, LogLevel.Error, "The scheduled check of the repository could not be done: {Reason}")]
    public static partial void ScheduledCheckFailed(ILogger logger, string reason);
}
