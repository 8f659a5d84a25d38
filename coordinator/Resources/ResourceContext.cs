using System.Text.Json.Serialization;

namespace K8sBackup.Coordinator.Resources;

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(BackupPlanResource))]
[JsonSerializable(typeof(BackupResource))]
[JsonSerializable(typeof(RestoreResource))]
internal sealed partial class ResourceContext : JsonSerializerContext;
