using System.Reflection;

namespace K8sBackup.Agent.Hosting;

/// <summary>The version of this program, as the coordinator is told.</summary>
internal static class AgentVersion
{
    public static string Text { get; } =
        typeof(AgentVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
