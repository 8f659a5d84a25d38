using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Client;

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class JsonNodeContext : JsonSerializerContext;
