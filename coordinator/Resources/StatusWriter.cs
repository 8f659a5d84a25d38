using K8sBackup.Coordinator.Hosting;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Resources;

/// <summary>
/// Writes status of objects of one kind: only what changed, progress not more often than every <see cref="PauseMin"/> for an object,
/// and only over the version it was made from. What was written is seen at once, before the watch tells of it. One caller.
/// </summary>
internal sealed class StatusWriter<T>
    where T : KubernetesObject
{
    private readonly ResourceType<T> _type;
    private readonly IResourceWriter _writer;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);

    public StatusWriter(ResourceType<T> type, IResourceWriter writer, TimeProvider clock, ILogger log)
    {
        _type = type;
        _writer = writer;
        _clock = clock;
        _log = log;
    }

    /// <summary>An object's progress is written this often at most.</summary>
    public static TimeSpan PauseMin => TimeSpan.FromSeconds(5);

    /// <summary>The objects as they are, with what was written since the watch told of them. Forgets objects that are gone.</summary>
    public IReadOnlyList<T> Latest(IReadOnlyList<T> watched)
    {
        foreach (string gone in _known.Keys.Except(watched.Select(item => item.Metadata.Uid)).ToArray())
        {
            _known.Remove(gone);
        }

        return [.. watched.Select(item =>
        {
            Known known = _known.GetValueOrDefault(item.Metadata.Uid) ?? new Known(item, null, default);
            if (known.Watched.Metadata.ResourceVersion != item.Metadata.ResourceVersion)
            {
                known = known with { Watched = item, Written = null };
            }

            _known[item.Metadata.Uid] = known;
            return known.Written ?? item;
        })];
    }

    /// <summary>Brings an object to what is wanted of its status; gives it as it then is, which may be as before.</summary>
    /// <param name="now">The object as it is.</param>
    /// <param name="wanted">The object with the status it is to have.</param>
    /// <param name="isUrgent">Written also within the pause: it is not mere progress.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<T> WriteAsync(T now, T wanted, bool isUrgent, CancellationToken cancellationToken)
    {
        if (!IsChange(now, wanted) || (!isUrgent && _known.GetValueOrDefault(now.Metadata.Uid) is { Pause.IsOver: false }))
        {
            return now;
        }

        try
        {
            T written = await _writer.UpdateAsync(_type, wanted, Subresource.Status, cancellationToken);
            Note(now, written);
            return written;
        }
        catch (KubernetesException e)
        {
            // Changed in between or gone: the watch tells, and it is decided again.
            Note(now, null);
            if (e.Failure is not (KubernetesFailure.Conflict or KubernetesFailure.NotFound))
            {
                ResourceLog.NotWritten(_log, $"{now.Kind} {now.Metadata.Name}", e.Message);
            }

            return now;
        }
    }

    /// <summary>True when the two are not the same as the API server has them.</summary>
    public bool IsChange(T now, T wanted) => !_type.Write(now).AsSpan().SequenceEqual(_type.Write(wanted));

    private void Note(T now, T? written)
    {
        Known known = _known.GetValueOrDefault(now.Metadata.Uid) ?? new Known(now, null, default);
        _known[now.Metadata.Uid] = known with { Written = written, Pause = new Pause(_clock, PauseMin) };
    }

    private sealed record Known(T Watched, T? Written, Pause Pause);
}
