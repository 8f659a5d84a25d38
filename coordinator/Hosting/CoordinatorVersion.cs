using System.Reflection;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>The version of this program.</summary>
internal static class CoordinatorVersion
{
    public static string Text { get; } =
        typeof(CoordinatorVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
}
