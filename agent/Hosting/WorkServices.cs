using K8sBackup.Agent.ControlPlaneFiles;
using K8sBackup.Agent.ControlPlaneFiles.Facts;
using K8sBackup.Agent.Drills;
using K8sBackup.Agent.Etcd;
using K8sBackup.Agent.Freezing;
using K8sBackup.Agent.Impact;
using K8sBackup.Agent.MemberSteps;
using K8sBackup.Agent.PodVolumes;
using K8sBackup.Agent.Restore;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Surviving;
using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Hosting;

/// <summary>Registers who does which work.</summary>
internal static class WorkServices
{
    public static IServiceCollection AddSources(this IServiceCollection services) => services
        .AddSingleton(provider => new HostRoot(provider.GetRequiredService<AgentOptions>()))
        .AddEtcd()
        .AddVolumes()
        .AddFreezing()
        .AddPodVolumes()
        .AddControlPlaneFiles()
        .AddSingleton(provider => new BackupSources(new Dictionary<SourceKind, Func<BackupTask, IBackupSource>>
        {
            [SourceKind.Etcd] = task => new EtcdSource(
                task.Etcd ?? new EtcdOptions(), provider.GetRequiredService<EtcdLocator>(), provider.GetRequiredService<EtcdCapture>(), provider.GetRequiredService<EtcdSalvage>()),
            [SourceKind.ControlPlaneFiles] = task => new ControlPlaneSource(
                task,
                provider.GetRequiredService<HostRoot>(),
                provider.GetRequiredService<ControlPlaneDiscovery>(),
                provider.GetRequiredService<FactCollector>(),
                provider.GetRequiredService<FilesWatch>(),
                provider.GetRequiredService<TreeSource>()),
            [SourceKind.Volume] = provider.CreateVolume,
        }));

    public static IServiceCollection AddRestore(this IServiceCollection services) => services
        .AddSingleton<EtcdRestorePlanner>()
        .AddSingleton<VolumeTargets>()
        .AddSingleton<FilesTargets>()
        .AddSingleton<DrillHandler>()
        .AddSingleton<ImpactWork>()
        .AddSingleton<SurveyWork>()
        .AddSingleton<RestoreHandler>()
        .AddMemberSteps()
        .AddSingleton(provider => new WorkHandlers(new Dictionary<Work.TaskOneofCase, IWorkHandler>
        {
            [Work.TaskOneofCase.Backup] = provider.GetRequiredService<BackupHandler>(),
            [Work.TaskOneofCase.Restore] = provider.GetRequiredService<RestoreHandler>(),
            [Work.TaskOneofCase.Step] = provider.GetRequiredService<StepHandler>(),
        }));
}
