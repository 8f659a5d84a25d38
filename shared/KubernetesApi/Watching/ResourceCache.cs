using System.Collections.Immutable;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.KubernetesApi.Watching;

/// <summary>
/// A consistent view of all objects of a kind, kept up to date by list and watch, that outlives the server's absence: it grows old
/// and says how old. A watch is taken up again where it broke; when history does not reach back that far, the list is read again,
/// and what changed meanwhile is told as changes. One loop runs it; reading is thread-safe.
/// </summary>
public sealed class ResourceCache<T>
    where T : KubernetesObject
{
    private readonly IResourceReader _reader;
    private readonly ResourceType<T> _type;
    private readonly ListQuery _query;
    private readonly ResourceCacheOptions _options;
    private readonly TimeProvider _clock;
    private readonly Jitter _jitter;
    private readonly Action<WatchEvent<T>>? _observer;
    private readonly Lock _lock = new();
    private ResourceView<T> _view = new(ImmutableDictionary<ResourceName, T>.Empty, "", 0);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _heardAt;

    /// <param name="reader">Where to read.</param>
    /// <param name="type">What kind.</param>
    /// <param name="query">Which ones; its page size is used, its token is not.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="clock">For pauses and ages.</param>
    /// <param name="random">Of this cache alone.</param>
    /// <param name="observer">Told of each change, in order and after it is in the view, on the loop: be quick, do not throw.</param>
    public ResourceCache(
        IResourceReader reader,
        ResourceType<T> type,
        ListQuery query,
        ResourceCacheOptions options,
        TimeProvider clock,
        Random random,
        Action<WatchEvent<T>>? observer = null)
    {
        _reader = reader;
        _type = type;
        _query = query;
        _options = options;
        _clock = clock;
        _jitter = new Jitter(random);
        _observer = observer;
    }

    /// <summary>The objects as last heard of.</summary>
    public ResourceView<T> View
    {
        get
        {
            lock (_lock)
            {
                return _view;
            }
        }
    }

    /// <summary>
    /// How long ago the server last said that the view is up to date; null before the first list. While a watch is healthy, bookmarks
    /// keep this at about a minute at most.
    /// </summary>
    public TimeSpan? Age
    {
        get
        {
            lock (_lock)
            {
                return _view.IsFilled ? _clock.GetElapsedTime(_heardAt) : null;
            }
        }
    }

    /// <summary>The first view that has a list behind it.</summary>
    public async Task<ResourceView<T>> WaitUntilFilledAsync(CancellationToken cancellationToken)
    {
        ResourceView<T> view = View;
        while (!view.IsFilled)
        {
            view = await WaitForChangeAsync(view.Sequence, cancellationToken);
        }

        return view;
    }

    /// <summary>A view newer than that of the given sequence.</summary>
    public async Task<ResourceView<T>> WaitForChangeAsync(long sequence, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_view.Sequence > sequence)
                {
                    return _view;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Keeps the view until it is cancelled. Failures are never its end: they are in the view, and tried again.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        string version = "";
        int failures = 0;
        while (true)
        {
            try
            {
                if (version.Length == 0)
                {
                    version = await ListAsync(cancellationToken);
                }

                TimeSpan timeout = _options.WatchTimeout + _jitter.UpTo(_options.WatchTimeout);
                WatchQuery query = new()
                {
                    Namespace = _query.Namespace,
                    LabelSelector = _query.LabelSelector,
                    FieldSelector = _query.FieldSelector,
                    ResourceVersion = version,
                    Timeout = timeout,
                };
                bool heard = false;
                await foreach (WatchEvent<T> change in _reader.WatchAsync(_type, query, cancellationToken))
                {
                    version = change.Item.Metadata.ResourceVersion;
                    Apply(change);
                    heard = true;
                    failures = 0;
                }

                // A server that ends watches at once would otherwise be asked without a pause.
                if (!heard)
                {
                    await Task.Delay(_jitter.Backoff(++failures, _options.BackoffMin, _options.BackoffMax), _clock, cancellationToken);
                }
            }
            catch (KubernetesException e)
            {
                if (e.Failure == KubernetesFailure.Expired)
                {
                    version = "";
                }

                failures++;
                Note(e);
                await Task.Delay(_jitter.Backoff(failures, _options.BackoffMin, _options.BackoffMax), _clock, cancellationToken);
            }
        }
    }

    private async Task<string> ListAsync(CancellationToken cancellationToken)
    {
        ResourcePage<T> list = await _reader.ListAsync(_type, _query, _options.ItemsMax, cancellationToken);
        ImmutableDictionary<ResourceName, T> before = View.Items;
        ImmutableDictionary<ResourceName, T> after = list.Items.ToImmutableDictionary(ResourceName.Of);
        Publish(after, list.ResourceVersion);
        foreach ((ResourceName name, T item) in before)
        {
            // One of the same name with another uid is another object: the old one is gone.
            if (!after.TryGetValue(name, out T? now) || now.Metadata.Uid != item.Metadata.Uid)
            {
                _observer?.Invoke(new WatchEvent<T>(WatchChange.Deleted, item));
            }
        }

        foreach (T item in list.Items)
        {
            bool isKnown = before.TryGetValue(ResourceName.Of(item), out T? was) && was.Metadata.Uid == item.Metadata.Uid;
            if (!isKnown || was!.Metadata.ResourceVersion != item.Metadata.ResourceVersion)
            {
                _observer?.Invoke(new WatchEvent<T>(isKnown ? WatchChange.Modified : WatchChange.Added, item));
            }
        }

        return list.ResourceVersion;
    }

    private void Apply(WatchEvent<T> change)
    {
        ResourceName name = ResourceName.Of(change.Item);
        ImmutableDictionary<ResourceName, T> items = View.Items;
        items = change.Change switch
        {
            WatchChange.Bookmark => items,
            WatchChange.Deleted => items.Remove(name),
            _ => items.SetItem(name, change.Item),
        };
        if (items.Count > _options.ItemsMax)
        {
            throw new KubernetesException(KubernetesFailure.TooLarge, $"There are more than {_options.ItemsMax} objects of {_type}.");
        }

        Publish(items, change.Item.Metadata.ResourceVersion);
        if (change.Change != WatchChange.Bookmark)
        {
            _observer?.Invoke(change);
        }
    }

    private void Publish(ImmutableDictionary<ResourceName, T> items, string version)
    {
        lock (_lock)
        {
            _heardAt = _clock.GetTimestamp();
            SetLocked(new ResourceView<T>(items, version, _view.Sequence + 1));
        }
    }

    private void Note(KubernetesException trouble)
    {
        lock (_lock)
        {
            SetLocked(_view with { Trouble = trouble, Sequence = _view.Sequence + 1 });
        }
    }

    private void SetLocked(ResourceView<T> view)
    {
        _view = view;
        TaskCompletionSource changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }
}
