using K8sBackup.Coordinator.Hooks;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>
/// What a pod says about its own dump: <c>k8sbackup.dev/dump-command</c> (a JSON list, or one word), <c>dump-container</c>, <c>dump-timeout</c> and
/// <c>dump-file</c>.
/// </summary>
internal static class DumpAnnotations
{
    public const string Command = Prefix + "command";

    private const string Prefix = "k8sbackup.dev/dump-";

    public static bool AreOn(IReadOnlyDictionary<string, string> annotations) => annotations.ContainsKey(Command);

    /// <summary>The command; null when it is faulty, and nothing is guessed.</summary>
    public static DumpCommand? Read(IReadOnlyDictionary<string, string> annotations, out string fault)
    {
        TimeSpan timeout = DumpCommand.DefaultTimeout;
        string? given = annotations.GetValueOrDefault(Prefix + "timeout");
        string file = annotations.GetValueOrDefault(Prefix + "file", DumpCommand.DefaultFile);
        List<string>? command = HookAnnotations.ReadCommand(annotations.GetValueOrDefault(Command, ""));
        fault = command is null ? $"{Command}: a JSON list of texts or one word is expected."
            : given is not null && !HookDuration.TryParse(given, DumpCommand.TimeoutMin, DumpCommand.TimeoutMax, out timeout)
                ? $"{Prefix}timeout: '{given}' is no time of {DumpCommand.TimeoutMin} to {DumpCommand.TimeoutMax}, such as 90s or 2h30m."
            : !DumpCommand.IsFileName(file) ? $"{Prefix}file: a file's name without '/' is expected."
            : "";
        return fault.Length > 0
            ? null
            : new DumpCommand(new HookCommand(annotations.GetValueOrDefault(Prefix + "container", ""), command!, timeout, HookErrorMode.Fail), file);
    }
}
