using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Objects;

namespace K8sBackup.FakeKube.Storing;

/// <summary>A status write changes the status and nothing else, any other write everything but the status.</summary>
internal static class WrittenHalf
{
    /// <summary>Gives an object the half that is not written from the one that is there.</summary>
    public static void KeepOther(WriteRequest request, JsonObject live, JsonObject item)
    {
        if (request.Subresource == "status")
        {
            JsonNode? status = item["status"]?.DeepClone();
            foreach (string field in item.Select(f => f.Key).Where(f => f != "status").ToArray())
            {
                item.Remove(field);
            }

            foreach ((string field, JsonNode? value) in live.Where(f => f.Key != "status"))
            {
                item[field] = value?.DeepClone();
            }

            item.Put("status", status);
        }
        else if (request.Type.HasStatus)
        {
            item.Put("status", live["status"]);
        }
    }

    /// <summary>Takes what is not written out of what is to be applied.</summary>
    public static void Reduce(WriteRequest request, JsonObject wanted)
    {
        if (request.Subresource == "status")
        {
            foreach (string field in wanted.Select(f => f.Key).Where(f => f is not ("status" or "apiVersion" or "kind" or "metadata")).ToArray())
            {
                wanted.Remove(field);
            }

            foreach (string field in (string[])["labels", "annotations", "finalizers", "ownerReferences"])
            {
                wanted.Meta().Remove(field);
            }
        }
        else if (request.Type.HasStatus)
        {
            wanted.Remove("status");
        }
    }
}
