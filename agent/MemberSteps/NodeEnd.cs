using System.Text.Json.Serialization;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>How a restore ended on a node.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NodeEnd>))]
internal enum NodeEnd
{
    Restored,
    RolledBack,
}
