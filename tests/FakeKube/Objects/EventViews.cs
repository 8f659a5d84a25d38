using System.Text.Json.Nodes;

namespace K8sBackup.FakeKube.Objects;

/// <summary>An event of events.k8s.io as the core API shows it, which is where kubectl describe looks.</summary>
internal static class EventViews
{
    public static JsonObject Core(JsonObject item) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Event",
        ["metadata"] = new JsonObject { ["name"] = item.Name(), ["namespace"] = item.Namespace(), ["creationTimestamp"] = item.At("metadata.creationTimestamp")?.DeepClone() },
        ["involvedObject"] = item["regarding"]?.DeepClone(),
        ["message"] = item["note"]?.DeepClone(),
        ["reason"] = item["reason"]?.DeepClone(),
        ["type"] = item["type"]?.DeepClone(),
        ["eventTime"] = item["eventTime"]?.DeepClone(),
        ["reportingComponent"] = item["reportingController"]?.DeepClone(),
        ["reportingInstance"] = item["reportingInstance"]?.DeepClone(),
        ["action"] = item["action"]?.DeepClone(),
        ["source"] = new JsonObject(),
        ["firstTimestamp"] = null,
        ["lastTimestamp"] = null,
    };
}
