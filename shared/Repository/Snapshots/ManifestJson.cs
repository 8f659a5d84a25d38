using System.Text.Json.Serialization;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Repository.Snapshots;

/// <summary>Manifests and pins as JSON, by generated code. Unknown members are ignored, so that additions need no new format version.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SnapshotManifest))]
[JsonSerializable(typeof(RestorePointManifest))]
[JsonSerializable(typeof(RestorePointPin))]
internal sealed partial class ManifestJson : JsonSerializerContext;
