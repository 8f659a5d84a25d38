using System.Text.Json;
using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Objects;
using K8sBackup.FakeKube.Storing;
using Microsoft.AspNetCore.Http;

namespace K8sBackup.FakeKube.Serving;

/// <summary>The verbs on resources.</summary>
internal sealed class ResourceEndpoint
{
    private readonly ClusterStore _store;
    private readonly ClusterWriter _writer;
    private readonly WatchEndpoint _watches;
    private readonly ExecEndpoint _exec;
    private readonly TimeProvider _clock;

    public ResourceEndpoint(ClusterStore store, ClusterWriter writer, WatchEndpoint watches, ExecEndpoint exec, TimeProvider clock)
    {
        _store = store;
        _writer = writer;
        _watches = watches;
        _exec = exec;
        _clock = clock;
    }

    public async Task HandleAsync(HttpContext context)
    {
        ResourceRequest request = ResourceRequest.Parse(_store, context.Request);
        if (request is { Type: { Group: "", Plural: "pods" }, Subresource: "exec" })
        {
            await _exec.HandleAsync(context, request);
            return;
        }

        if (request.Subresource is not ("" or "status"))
        {
            throw new ApiFaultException(404, "NotFound", "the server could not find the requested resource");
        }

        if (context.Request.Method == "GET" && context.Request.Query["watch"].ToString() is "1" or "true")
        {
            await _watches.HandleAsync(context, request);
            return;
        }

        (JsonObject answer, int status) = context.Request.Method switch
        {
            "GET" when request.Name.Length > 0 => (Get(request), 200),
            "GET" => (List(request, context.Request.Query), 200),
            "POST" when request.Name.Length == 0 => (_writer.Create(request.ToWrite(context.Request), await ReadAsync(context)), 201),
            "PUT" when request.Name.Length > 0 => (_writer.Update(request.ToWrite(context.Request), await ReadAsync(context)), 200),
            "PATCH" when request.Name.Length > 0 => await PatchAsync(context, request),
            "DELETE" when request.Name.Length > 0 => Delete(request.ToWrite(context.Request), await ReadOptionalAsync(context)),
            _ => throw new ApiFaultException(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"),
        };
        if (request.Type is { Group: "events.k8s.io", Plural: "events" } && context.Request.Method is "POST" or "PUT" or "PATCH")
        {
            _writer.Seed(EventViews.Core(answer));
        }

        bool asTable = context.Request.Method == "GET" && context.Request.Headers.Accept.ToString().Contains("as=Table", StringComparison.Ordinal);
        await WriteAsync(context, status, asTable ? TableView.Of(request.Type, answer, _clock.GetUtcNow()) : answer);
    }

    public static async Task WriteAsync(HttpContext context, int status, JsonObject answer)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString(), context.RequestAborted);
    }

    public static async Task<JsonObject> ReadAsync(HttpContext context) =>
        await ReadOptionalAsync(context) ?? throw ApiFaultException.BadRequest("the body of the request was empty");

    private static async Task<JsonObject?> ReadOptionalAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (body.Length == 0)
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(body.GetBuffer().AsSpan(0, (int)body.Length)) as JsonObject ?? throw ApiFaultException.BadRequest("an object is expected");
        }
        catch (JsonException e)
        {
            throw ApiFaultException.BadRequest($"the object provided is unrecognized (must be of type JSON): {e.Message}");
        }
    }

    private static (JsonObject Answer, int Status) Gone(WriteRequest request, JsonObject item, bool isGone) => isGone
        ? (new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = new JsonObject { ["name"] = request.Name, ["kind"] = request.Type.Plural, ["uid"] = item.Uid() },
        }, 200)
        : (item, 200);

    private JsonObject Get(ResourceRequest request) =>
        _store.Find(request.Type, request.Namespace, request.Name) ?? throw ApiFaultException.NotFound(request.Type, request.Name);

    private JsonObject List(ResourceRequest request, IQueryCollection query)
    {
        Selectors selectors = new(request.Type, query["labelSelector"].ToString(), query["fieldSelector"].ToString());
        int limit = int.TryParse(query["limit"], out int given) ? given : 0;
        StoredPage page = _store.List(request.Type, request.Namespace, selectors, limit, query["continue"].ToString());
        JsonObject meta = new() { ["resourceVersion"] = $"{page.Version}" };
        if (page.Continue.Length > 0)
        {
            meta["continue"] = page.Continue;
            meta["remainingItemCount"] = page.Remaining;
        }

        JsonArray items = [];
        foreach (JsonObject item in page.Items)
        {
            // As the real one does it: items of built-in kinds come without their kind.
            JsonObject copy = item.Copy();
            if (request.Type.Version == "v1")
            {
                copy.Remove("kind");
                copy.Remove("apiVersion");
            }

            items.Add((JsonNode)copy);
        }

        return new JsonObject { ["kind"] = request.Type.Kind + "List", ["apiVersion"] = request.Type.ApiVersion, ["metadata"] = meta, ["items"] = items };
    }

    private async Task<(JsonObject Answer, int Status)> PatchAsync(HttpContext context, ResourceRequest request)
    {
        string type = (context.Request.ContentType ?? "").Split(';')[0];
        JsonObject body = await ReadAsync(context);
        WriteRequest write = request.ToWrite(context.Request);
        switch (type)
        {
            case "application/merge-patch+json":
                return (_writer.Patch(write, body), 200);
            case "application/apply-patch+yaml":
                if (context.Request.Query["fieldManager"].Count == 0)
                {
                    throw ApiFaultException.BadRequest("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
                }

                (JsonObject item, bool isNew) = _writer.Apply(write, body, context.Request.Query["force"].ToString() == "true");
                return (item, isNew ? 201 : 200);
            default:
                throw new ApiFaultException(415, "UnsupportedMediaType", $"the body of the request was in an unknown format - accepted media types include: application/merge-patch+json, application/apply-patch+yaml (not {type})");
        }
    }

    private (JsonObject Answer, int Status) Delete(WriteRequest request, JsonObject? options)
    {
        (JsonObject item, bool isGone) = _writer.Delete(request, options);
        return Gone(request, item, isGone);
    }
}
