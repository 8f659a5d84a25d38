using System.Text.Json.Serialization;
using K8sBackup.Model.Drills;

namespace K8sBackup.Repository.Snapshots;

/// <summary>Records of rehearsed restores as JSON, by generated code. Unknown members are ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(DrillRecord))]
internal sealed partial class DrillJson : JsonSerializerContext;
