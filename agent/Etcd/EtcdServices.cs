using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Etcd;

/// <summary>Registers what finds, captures and keeps etcd snapshots.</summary>
internal static class EtcdServices
{
    public static IServiceCollection AddEtcd(this IServiceCollection services) => services
        .AddSingleton<EtcdLocator>()
        .AddSingleton<SpoolBudget>()
        .AddSingleton<EtcdSalvage>()
        .AddSingleton<EtcdCapture>();
}
