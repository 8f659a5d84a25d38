using System.Text;
using K8sBackup.Coordinator.Hooks;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>What to run in a pod, and the name of the file its standard output becomes.</summary>
public sealed record DumpCommand(HookCommand Command, string File)
{
    public const string DefaultFile = "dump";

    /// <summary>A database of some hundred GiB is through by then.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromHours(4);

    public static readonly TimeSpan TimeoutMin = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan TimeoutMax = TimeSpan.FromDays(7);

    private const int FileBytesMax = 255;

    /// <summary>True for what can name a file in every file system it may be restored to.</summary>
    public static bool IsFileName(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text is not ("" or "." or "..") && !text.Contains('/', StringComparison.Ordinal) && !text.Any(char.IsControl)
            && Encoding.UTF8.GetByteCount(text) <= FileBytesMax;
    }
}
