using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Exec;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Reviews;

namespace K8sBackup.KubernetesApi.Client;

/// <summary>The API of one cluster. Take the narrow interfaces where you use it. Thread-safe; disposing breaks off what is under way.</summary>
public sealed class KubernetesClient : IResourceReader, IResourceWriter, IReviews, IPodExec, IDisposable
{
    private readonly ApiTransport _transport;
    private readonly PodExec _exec;
    private readonly KubernetesClientOptions _options;
    private readonly TimeProvider _clock;

    public KubernetesClient(ClusterAccess access, KubernetesClientOptions options, TimeProvider clock, Random random)
    {
        ArgumentNullException.ThrowIfNull(access);
        ArgumentNullException.ThrowIfNull(options);
        _transport = new ApiTransport(access, options, clock, random);
        _exec = new PodExec(_transport, clock);
        _options = options;
        _clock = clock;
        Namespace = access.Namespace;
    }

    /// <summary>The namespace one works in when none is said.</summary>
    public string Namespace { get; }

    public async Task<T?> FindAsync<T>(ResourceType<T> type, ResourceName name, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        ArgumentNullException.ThrowIfNull(type);
        ApiRequest request = new(HttpMethod.Get, ApiPaths.Item(type, name), $"get {type} {name}") { IsRepeatable = true };
        try
        {
            return AnswerParser.Item(type, await _transport.SendAsync(request, cancellationToken), request.What);
        }
        catch (KubernetesException e) when (e.Failure == KubernetesFailure.NotFound)
        {
            return null;
        }
    }

    public async Task<ResourcePage<T>> ListPageAsync<T>(ResourceType<T> type, ListQuery query, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(query);
        string path = ApiPaths.Collection(type, query.Namespace) + ApiPaths.Query(
            ("limit", $"{query.Limit}"),
            ("continue", query.Continue),
            ("labelSelector", query.LabelSelector),
            ("fieldSelector", query.FieldSelector));
        ApiRequest request = new(HttpMethod.Get, path, $"list {type} in {(query.Namespace.Length > 0 ? query.Namespace : "all namespaces")}") { IsRepeatable = true };
        return AnswerParser.Page(type, await _transport.SendAsync(request, cancellationToken), request.What);
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceType<T> type, WatchQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(query);
        string path = ApiPaths.Collection(type, query.Namespace) + ApiPaths.Query(
            ("watch", "1"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", $"{Math.Max(1, (long)query.Timeout.TotalSeconds)}"),
            ("resourceVersion", query.ResourceVersion),
            ("labelSelector", query.LabelSelector),
            ("fieldSelector", query.FieldSelector));
        ApiRequest request = new(HttpMethod.Get, path, $"watch {type} in {(query.Namespace.Length > 0 ? query.Namespace : "all namespaces")}");
        using HttpResponseMessage response = await _transport.OpenAsync(request, cancellationToken);
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using WatchLines lines = new(stream, _options.ChangeBytesMax, query.Timeout + _options.WatchGrace, _clock);
        while (true)
        {
            ReadOnlyMemory<byte>? line;
            try
            {
                line = await lines.NextAsync(cancellationToken);
            }
            catch (Exception e) when (e is IOException or HttpRequestException or TimeoutException)
            {
                throw _transport.Unreachable(request, e.Message, e);
            }
            catch (InvalidDataException e)
            {
                throw new KubernetesException(KubernetesFailure.TooLarge, $"Kubernetes API, {request.What}: {e.Message}", e);
            }

            if (line is null)
            {
                yield break;
            }

            yield return AnswerParser.Change(type, line.Value.Span, request.What);
        }
    }

    public async Task<T> CreateAsync<T>(ResourceType<T> type, T item, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(item);
        ApiRequest request = new(HttpMethod.Post, ApiPaths.Collection(type, item.Metadata.Namespace), $"create {type} {ResourceName.Of(item)}") { Body = type.Write(item) };
        return AnswerParser.Item(type, await _transport.SendAsync(request, cancellationToken), request.What);
    }

    public async Task<T> UpdateAsync<T>(ResourceType<T> type, T item, Subresource subresource, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        ArgumentNullException.ThrowIfNull(type);
        ResourceName name = ResourceName.Of(item);
        if (!type.IsWhole)
        {
            throw new InvalidOperationException($"An update of {type} would lose the fields its record does not have; patch it or apply it.");
        }

        string sub = ApiPaths.Of(subresource);
        ApiRequest request = new(HttpMethod.Put, ApiPaths.Item(type, name, sub), $"update {sub} {type} {name}".Replace("  ", " ", StringComparison.Ordinal))
        {
            Body = type.Write(item),
        };
        return AnswerParser.Item(type, await _transport.SendAsync(request, cancellationToken), request.What);
    }

    public async Task<T> MergePatchAsync<T>(
        ResourceType<T> type, ResourceName name, JsonObject patch, Subresource subresource, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(patch);
        ApiRequest request = new(HttpMethod.Patch, ApiPaths.Item(type, name, ApiPaths.Of(subresource)), $"patch {type} {name}")
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(patch, JsonNodeContext.Default.JsonObject),
            ContentType = "application/merge-patch+json",
            // With a version in it, the second of two would be a conflict with the first.
            IsRepeatable = patch["metadata"]?["resourceVersion"] is null,
        };
        return AnswerParser.Item(type, await _transport.SendAsync(request, cancellationToken), request.What);
    }

    public async Task<T> ApplyAsync<T>(ResourceType<T> type, T item, ApplyOptions options, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(options);
        ResourceName name = ResourceName.Of(item);
        string query = ApiPaths.Query(("fieldManager", options.Manager), ("force", options.Force ? "true" : ""));
        ApiRequest request = new(HttpMethod.Patch, ApiPaths.Item(type, name, ApiPaths.Of(options.Subresource)) + query, $"apply {type} {name}")
        {
            Body = type.Write(item),
            ContentType = "application/apply-patch+yaml",
            IsRepeatable = true,
        };
        return AnswerParser.Item(type, await _transport.SendAsync(request, cancellationToken), request.What);
    }

    public async Task<bool> DeleteAsync<T>(ResourceType<T> type, ResourceName name, DeleteOptions options, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(options);
        ApiRequest request = new(HttpMethod.Delete, ApiPaths.Item(type, name), $"delete {type} {name}")
        {
            Body = DeleteBody.Write(options),
            // A name alone could by then be that of another object.
            IsRepeatable = options.Uid.Length > 0,
        };
        try
        {
            await _transport.SendAsync(request, cancellationToken);
            return true;
        }
        catch (KubernetesException e) when (e.Failure == KubernetesFailure.NotFound)
        {
            return false;
        }
    }

    public async Task<TokenReviewStatus> ReviewTokenAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken)
    {
        TokenReview review = new() { Spec = new TokenReviewSpec { Token = token, Audiences = audiences } };
        return (await ReviewAsync(KubernetesTypes.TokenReviews, review, cancellationToken)).Status;
    }

    public async Task<SubjectAccessReviewStatus> ReviewAccessAsync(SubjectAccessReviewSpec question, CancellationToken cancellationToken)
    {
        SubjectAccessReview review = new() { Spec = question };
        return (await ReviewAsync(KubernetesTypes.SubjectAccessReviews, review, cancellationToken)).Status;
    }

    public Task<int> RunAsync(PodCommand command, PodStreams streams, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(streams);
        return _exec.RunAsync(command, streams, cancellationToken);
    }

    public void Dispose() => _transport.Dispose();

    // Reviews are created but leave nothing behind, so they can be asked again.
    private async Task<T> ReviewAsync<T>(ResourceType<T> type, T review, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        ApiRequest request = new(HttpMethod.Post, ApiPaths.Collection(type, ""), $"ask for a {type}") { Body = type.Write(review), IsRepeatable = true };
        return AnswerParser.Item(type, await _transport.SendAsync(request, cancellationToken), request.What);
    }
}
