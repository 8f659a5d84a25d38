using System.Text.Json;
using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Access;
using K8sBackup.FakeKube.Faults;
using K8sBackup.FakeKube.Objects;
using K8sBackup.FakeKube.Storing;
using Microsoft.AspNetCore.Http;

namespace K8sBackup.FakeKube.Serving;

/// <summary>
/// For scripts, below <c>/fake/</c>: <c>objects</c> puts objects there as they are, <c>tokens</c>, <c>rules</c> and <c>faults</c> add
/// such, <c>compact</c> and <c>drop</c> do that.
/// </summary>
internal sealed class ControlEndpoint
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    private readonly ClusterStore _store;
    private readonly ClusterWriter _writer;
    private readonly Accounts _accounts;
    private readonly FaultPlan _faults;
    private readonly WatchEndpoint _watches;

    public ControlEndpoint(ClusterStore store, ClusterWriter writer, Accounts accounts, FaultPlan faults, WatchEndpoint watches)
    {
        _store = store;
        _writer = writer;
        _accounts = accounts;
        _faults = faults;
        _watches = watches;
    }

    public async Task HandleAsync(HttpContext context, string command)
    {
        JsonNode? body = context.Request.ContentLength > 0 ? await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) : null;
        switch (command)
        {
            case "objects":
                JsonArray written = [];
                foreach (JsonNode? item in body is JsonObject list && list["items"] is JsonArray items ? items : body is JsonArray array ? array : [body?.DeepClone()])
                {
                    written.Add((JsonNode)_writer.Seed(item!.AsObject()).Copy());
                }

                await ResourceEndpoint.WriteAsync(context, 200, new JsonObject { ["kind"] = "List", ["apiVersion"] = "v1", ["items"] = written });
                return;
            case "tokens":
                foreach ((string token, JsonNode? known) in body!.AsObject())
                {
                    _accounts.Add(token, known.Deserialize<KnownToken>(_json)!);
                }

                break;
            case "rules":
                _accounts.Allow(body.Deserialize<AccessRule>(_json)!);
                break;
            case "faults":
                _faults.Add(body.Deserialize<ApiFaultRule>(_json)!);
                break;
            case "compact":
                _store.Compact();
                break;
            case "drop":
                _watches.DropAll();
                break;
            default:
                throw new ApiFaultException(404, "NotFound", $"there is no command {command}");
        }

        await ResourceEndpoint.WriteAsync(context, 200, []);
    }
}
