using System.Text.Json.Serialization;

namespace K8sBackup.Repository.Snapshots;

/// <summary>Losses as JSON, by generated code.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(SnapshotLoss))]
internal sealed partial class LossJson : JsonSerializerContext;
