using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.Coordinator.Resources;

/// <summary>Lists of conditions, changed in the usual way.</summary>
internal static class Conditions
{
    public const string Ready = "Ready";
    public const string Scheduled = "Scheduled";
    public const string Covered = "Covered";

    // What an API server accepts is far more; this is what people read.
    private const int MessageLengthMax = 4096;

    /// <summary>The list with that condition; its time is kept while its status is the same.</summary>
    public static IReadOnlyList<Condition> With(
        this IReadOnlyList<Condition> conditions, string type, bool? status, string reason, string message, long? generation, DateTimeOffset now)
    {
        string word = status switch { true => "True", false => "False", null => "Unknown" };
        Condition? before = conditions.FirstOrDefault(c => c.Type == type);
        Condition after = new()
        {
            Type = type,
            Status = word,
            Reason = reason,
            Message = Texts.Cut(message, MessageLengthMax),
            ObservedGeneration = generation,
            LastTransitionTime = before?.Status == word && before.LastTransitionTime is { } since ? since : Seconds(now),
        };
        return before is null ? [.. conditions, after] : [.. conditions.Select(c => c == before ? after : c)];
    }

    /// <summary>Times as objects have them: a finer one would look like a change every time it is read back.</summary>
    public static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    public static DateTimeOffset? Seconds(DateTimeOffset? time) => time is { } given ? Seconds(given) : null;
}
