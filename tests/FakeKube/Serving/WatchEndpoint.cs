using System.Globalization;
using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Objects;
using K8sBackup.FakeKube.Storing;
using Microsoft.AspNetCore.Http;

namespace K8sBackup.FakeKube.Serving;

/// <summary>Watches: changes after a version in order, bookmarks, and an error when history does not reach back that far.</summary>
internal sealed class WatchEndpoint
{
    private readonly ClusterStore _store;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _bookmarkEvery;
    private CancellationTokenSource _drop = new();
    private int _open;

    public WatchEndpoint(ClusterStore store, TimeProvider clock, TimeSpan bookmarkEvery)
    {
        _store = store;
        _clock = clock;
        _bookmarkEvery = bookmarkEvery;
    }

    public int Open => Volatile.Read(ref _open);

    /// <summary>Breaks the connections of all watches.</summary>
    public void DropAll() => Interlocked.Exchange(ref _drop, new CancellationTokenSource()).Cancel();

    public async Task HandleAsync(HttpContext context, ResourceRequest request)
    {
        IQueryCollection query = context.Request.Query;
        Selectors selectors = new(request.Type, query["labelSelector"].ToString(), query["fieldSelector"].ToString());
        long version = Begin(query["resourceVersion"].ToString());
        double seconds = double.TryParse(query["timeoutSeconds"], CultureInfo.InvariantCulture, out double given) ? given : 1800;
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(seconds), _clock);
        CancellationToken dropped = _drop.Token;
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, context.RequestAborted, dropped);
        context.Response.ContentType = "application/json";
        await context.Response.StartAsync(context.RequestAborted);
        Interlocked.Increment(ref _open);
        try
        {
            await SendAsync(context, request, selectors, version, end.Token);
        }
        catch (OperationCanceledException) when (dropped.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (OperationCanceledException)
        {
            // The time is over, and the answer simply ends.
        }
        catch (ApiFaultException fault)
        {
            await WriteAsync(context, "ERROR", fault.ToStatus(), context.RequestAborted);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private static async Task WriteAsync(HttpContext context, string type, JsonObject item, CancellationToken cancellationToken)
    {
        JsonObject line = new() { ["type"] = type, ["object"] = item.DeepClone() };
        await context.Response.WriteAsync(line.ToJsonString() + "\n", cancellationToken);
    }

    private static bool Fits(ResourceRequest request, Selectors selectors, JsonObject? item) =>
        item is not null
        && (request.Namespace.Length == 0 || item.Namespace() == request.Namespace)
        && (request.Name.Length == 0 || item.Name() == request.Name)
        && selectors.Fit(item);

    private long Begin(string version)
    {
        if (version is "" or "0")
        {
            return 0;
        }

        if (!long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out long after))
        {
            throw ApiFaultException.BadRequest($"invalid resource version \"{version}\"");
        }

        return after <= _store.Version ? after : throw new ApiFaultException(504, "Timeout", $"Timeout: Too large resource version: {after}, current: {_store.Version}");
    }

    private async Task SendAsync(HttpContext context, ResourceRequest request, Selectors selectors, long version, CancellationToken end)
    {
        if (version == 0)
        {
            StoredPage state = _store.List(request.Type, request.Namespace, selectors, 0, "");
            version = state.Version;
            foreach (JsonObject item in state.Items)
            {
                await WriteAsync(context, "ADDED", item, end);
            }
        }

        bool withBookmarks = context.Request.Query["allowWatchBookmarks"].ToString() is "true" or "1";
        while (true)
        {
            // Taken before looking, so that what happens in between is not slept through.
            Task changed = _store.Changed;
            long now = _store.Version;
            foreach (StoredChange change in _store.ChangesAfter(request.Type, version))
            {
                version = change.Version;
                await SendAsync(context, request, selectors, change, end);
            }

            version = Math.Max(version, now);
            await context.Response.Body.FlushAsync(end);
            if (!withBookmarks)
            {
                await changed.WaitAsync(end);
            }
            else if (await Task.WhenAny(changed, Task.Delay(_bookmarkEvery, _clock, end)) != changed)
            {
                end.ThrowIfCancellationRequested();
                await WriteAsync(context, "BOOKMARK", Bookmark(request, version), end);
            }
        }
    }

    private static async Task SendAsync(HttpContext context, ResourceRequest request, Selectors selectors, StoredChange change, CancellationToken end)
    {
        bool was = Fits(request, selectors, change.Before);
        bool isNow = Fits(request, selectors, change.After);
        string type = (was, isNow) switch
        {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            _ => "",
        };
        if (type.Length == 0)
        {
            return;
        }

        JsonObject item = (isNow ? change.After! : change.Before!).Copy();
        item.Meta()["resourceVersion"] = change.Version.ToString(CultureInfo.InvariantCulture);
        await WriteAsync(context, type, item, end);
    }

    private static JsonObject Bookmark(ResourceRequest request, long version) => new()
    {
        ["kind"] = request.Type.Kind,
        ["apiVersion"] = request.Type.ApiVersion,
        ["metadata"] = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null },
    };
}
