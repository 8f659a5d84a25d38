using System.Text.Json.Serialization;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Repository.Snapshots;

/// <summary>Manifests as JSON, by generated code. Unknown members are ignored, so that additions need no new format version.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SnapshotManifest))]
[JsonSerializable(typeof(RestorePointManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
