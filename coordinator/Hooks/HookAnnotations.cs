using System.Text.Json;

namespace K8sBackup.Coordinator.Hooks;

/// <summary>
/// Hooks a pod asks for by annotations: <c>pre.hook.k8sbackup.dev/…</c> and <c>post.hook.k8sbackup.dev/…</c> with <c>command</c> (a JSON
/// list, or one word), <c>container</c>, <c>timeout</c> and <c>on-error</c>. Where ours are missing, Velero's of the same form
/// (<c>pre.hook.backup.velero.io/…</c>) are honoured.
/// </summary>
internal static class HookAnnotations
{
    private static readonly string[] Domains = ["hook.k8sbackup.dev", "hook.backup.velero.io"];

    /// <summary>The command of a phase, "pre" or "post"; null when the pod asks for none. A faulty one is a fault, and nothing is guessed.</summary>
    public static HookCommand? Read(string phase, IReadOnlyDictionary<string, string> annotations, out string? fault)
    {
        fault = null;
        foreach (string domain in Domains)
        {
            string prefix = $"{phase}.{domain}/";
            if (annotations.TryGetValue(prefix + "command", out string? text))
            {
                return Read(prefix, text, annotations, out fault);
            }
        }

        return null;
    }

    /// <summary>As Velero reads it: what begins with a bracket is a JSON list, anything else the name of a program. Null when it is neither.</summary>
    public static List<string>? ReadCommand(string text)
    {
        if (!text.TrimStart().StartsWith('['))
        {
            return string.IsNullOrWhiteSpace(text) ? null : [text];
        }

        try
        {
            return JsonSerializer.Deserialize<List<string>>(text) is { Count: > 0 } command && command.All(word => word is not null) && command[0].Length > 0
                ? command
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static HookCommand? Read(string prefix, string text, IReadOnlyDictionary<string, string> annotations, out string? fault)
    {
        TimeSpan timeout = HookCommand.DefaultTimeout;
        string? given = annotations.GetValueOrDefault(prefix + "timeout");
        string onError = annotations.GetValueOrDefault(prefix + "on-error", "Fail");
        List<string>? command = ReadCommand(text);
        fault = null;
        if (command is null)
        {
            fault = $"{prefix}command: a JSON list of texts or one word is expected.";
        }
        else if (given is not null && !HookDuration.TryParse(given, out timeout))
        {
            fault = $"{prefix}timeout: '{given}' is no time of {HookCommand.TimeoutMin} to {HookCommand.TimeoutMax}, such as 30s or 1m30s.";
        }
        else if (!Enum.TryParse(onError, ignoreCase: true, out HookErrorMode mode) || !Enum.IsDefined(mode))
        {
            fault = $"{prefix}on-error: Fail or Continue is expected, not '{onError}'.";
        }
        else
        {
            return new HookCommand(annotations.GetValueOrDefault(prefix + "container", ""), command, timeout, mode);
        }

        return null;
    }
}
