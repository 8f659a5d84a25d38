using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Credentials;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ExecCredential))]
internal sealed partial class ExecCredentialContext : JsonSerializerContext;
