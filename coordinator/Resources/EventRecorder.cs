using K8sBackup.KubernetesApi.Events;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Resources;

/// <summary>
/// Events on our objects, for <c>kubectl describe</c>. The same event of an object is told once in <see cref="RepeatAfter"/>, and
/// <see cref="PerMinute"/> of all in a minute at most: events are help, the conditions have the state. Never fails.
/// </summary>
internal sealed class EventRecorder
{
    /// <summary>Most events in a minute.</summary>
    public const int PerMinute = 60;

    private const int RememberedMax = 2000;
    private const int NoteLengthMax = 1000;
    private const string Controller = "k8sbackup.dev/coordinator";

    private readonly IResourceWriter _writer;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Dictionary<(string Uid, string Reason, string Note), long> _told = [];
    private readonly Queue<long> _lately = new();

    public EventRecorder(IResourceWriter writer, TimeProvider clock, ILogger log)
    {
        _writer = writer;
        _clock = clock;
        _log = log;
    }

    /// <summary>How long the same is not told again.</summary>
    public static TimeSpan RepeatAfter => TimeSpan.FromMinutes(30);

    public Task NormalAsync(KubernetesObject about, string reason, string note, CancellationToken cancellationToken) =>
        TellAsync(about, "Normal", reason, note, cancellationToken);

    public Task WarnAsync(KubernetesObject about, string reason, string note, CancellationToken cancellationToken) =>
        TellAsync(about, "Warning", reason, note, cancellationToken);

    private async Task TellAsync(KubernetesObject about, string type, string reason, string note, CancellationToken cancellationToken)
    {
        string text = Texts.Cut(note, NoteLengthMax);
        if (!MayTell((about.Metadata.Uid, reason, text)))
        {
            return;
        }

        string what = $"{about.Kind} {about.Metadata.Name}";
        ResourceLog.Noted(_log, what, reason, text);
        try
        {
            await _writer.CreateAsync(
                KubernetesTypes.Events,
                new Event
                {
                    Metadata = new ObjectMeta { Name = $"{Texts.Cut(about.Metadata.Name, 200).TrimEnd('…')}.{Guid.NewGuid():N}", Namespace = about.Metadata.Namespace },
                    EventTime = _clock.GetUtcNow(),
                    ReportingController = Controller,
                    ReportingInstance = Texts.Cut(Environment.MachineName, 100),
                    Action = reason,
                    Reason = reason,
                    Type = type,
                    Note = text,
                    Regarding = new ObjectReference
                    {
                        ApiVersion = about.ApiVersion,
                        Kind = about.Kind,
                        Namespace = about.Metadata.Namespace,
                        Name = about.Metadata.Name,
                        Uid = about.Metadata.Uid,
                    },
                },
                cancellationToken);
        }
        catch (KubernetesException e)
        {
            ResourceLog.NotWritten(_log, $"An event of {what}", e.Message);
        }
    }

    private bool MayTell((string Uid, string Reason, string Note) key)
    {
        long now = _clock.GetTimestamp();
        while (_lately.TryPeek(out long first) && _clock.GetElapsedTime(first, now) >= TimeSpan.FromMinutes(1))
        {
            _lately.Dequeue();
        }

        if (_lately.Count >= PerMinute || (_told.TryGetValue(key, out long told) && _clock.GetElapsedTime(told, now) < RepeatAfter))
        {
            return false;
        }

        if (_told.Count >= RememberedMax)
        {
            foreach ((string, string, string) old in _told.OrderBy(t => t.Value).Take(RememberedMax / 2).Select(t => t.Key).ToArray())
            {
                _told.Remove(old);
            }
        }

        _told[key] = now;
        _lately.Enqueue(now);
        return true;
    }
}
