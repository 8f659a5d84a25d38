using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Volumes;

/// <summary>Reads a file again that changed while it was read, or gave way to another one: most writers are done in a moment.</summary>
internal static class ReadAgain
{
    /// <summary>How often a file is read at most; then it counts as changed.</summary>
    public const int ReadsMax = 3;

    /// <summary>A larger one that changes is most likely a database, which would change again.</summary>
    public const long BytesMax = 64L << 20;

    /// <summary>The first whole reading, or the last one.</summary>
    /// <param name="read">Reads what is there now.</param>
    /// <param name="lookAgain">Finds out what is there now; false when that is no file any more.</param>
    public static async ValueTask<CapturedEntry> RunAsync(Func<bool, ValueTask<CapturedEntry>> read, Func<bool> lookAgain)
    {
        for (int reads = 1; ; reads++)
        {
            CapturedEntry captured = await read(reads == 1);
            bool isMoving = captured.Entry.State is EntryState.ChangedWhileRead or EntryState.Vanished;
            if (!isMoving || reads == ReadsMax || captured.Entry.Size > BytesMax || !lookAgain())
            {
                return captured;
            }
        }
    }
}
