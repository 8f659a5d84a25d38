using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Hosting;

/// <summary>Registers who does which work.</summary>
internal static class WorkServices
{
    public static IServiceCollection AddSources(this IServiceCollection services) => services
        .AddSingleton(_ => new BackupSources(new Dictionary<SourceKind, Func<BackupTask, IBackupSource>>()));

    public static IServiceCollection AddRestore(this IServiceCollection services) => services
        .AddSingleton(provider => new WorkHandlers(new Dictionary<Work.TaskOneofCase, IWorkHandler>
        {
            [Work.TaskOneofCase.Backup] = provider.GetRequiredService<BackupHandler>(),
        }));
}
