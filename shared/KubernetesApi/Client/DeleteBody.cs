using System.Text.Json;
using System.Text.Json.Nodes;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.KubernetesApi.Client;

/// <summary>Delete options as the API has them.</summary>
internal static class DeleteBody
{
    public static byte[] Write(DeleteOptions options)
    {
        JsonObject body = new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            ["propagationPolicy"] = options.Orphan ? "Orphan" : "Background",
        };
        JsonObject preconditions = [];
        if (options.Uid.Length > 0)
        {
            preconditions["uid"] = options.Uid;
        }

        if (options.ResourceVersion.Length > 0)
        {
            preconditions["resourceVersion"] = options.ResourceVersion;
        }

        if (preconditions.Count > 0)
        {
            body["preconditions"] = preconditions;
        }

        return JsonSerializer.SerializeToUtf8Bytes(body, JsonNodeContext.Default.JsonObject);
    }
}
