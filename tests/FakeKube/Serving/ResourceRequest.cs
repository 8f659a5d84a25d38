using K8sBackup.FakeKube.Objects;
using K8sBackup.FakeKube.Storing;
using Microsoft.AspNetCore.Http;

namespace K8sBackup.FakeKube.Serving;

/// <summary>What a path is about: /api/v1/namespaces/NS/pods/NAME/status and the like.</summary>
internal sealed record ResourceRequest(ResourceDefinition Type, string Namespace, string Name, string Subresource)
{
    public static ResourceRequest Parse(ClusterStore store, HttpRequest request)
    {
        string[] parts = [.. request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)];
        (string group, string version, int at) = parts switch
        {
            ["api", string v, ..] => ("", v, 2),
            ["apis", string g, string v, ..] => (g, v, 3),
            _ => throw new ApiFaultException(404, "NotFound", "the server could not find the requested resource"),
        };
        string ns = "";
        // "namespaces/x" alone is a Namespace; with more behind it, it says where.
        if (parts.Length > at + 2 && parts[at] == "namespaces" && parts[at + 2] is not ("status" or "finalize"))
        {
            ns = parts[at + 1];
            at += 2;
        }

        if (parts.Length <= at || parts.Length > at + 3)
        {
            throw new ApiFaultException(404, "NotFound", "the server could not find the requested resource");
        }

        ResourceDefinition type = store.FindType(group, version, parts[at]) ?? throw new ApiFaultException(404, "NotFound", "the server could not find the requested resource");
        string name = parts.Length > at + 1 ? parts[at + 1] : "";
        return new ResourceRequest(type, ns, name, parts.Length > at + 2 ? parts[at + 2] : "");
    }

    public WriteRequest ToWrite(HttpRequest request)
    {
        string agent = request.Headers.UserAgent.ToString();
        string manager = request.Query["fieldManager"].ToString();
        return new WriteRequest(Type, Namespace, Name)
        {
            Subresource = Subresource,
            Manager = manager.Length > 0 ? manager : agent.Length > 0 ? agent.Split('/', ' ')[0] : "unknown",
        };
    }
}
