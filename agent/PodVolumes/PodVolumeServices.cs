using K8sBackup.Agent.Freezing;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes;
using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>Registers what finds the volumes of pods, and makes the source a task about a volume asks for.</summary>
internal static class PodVolumeServices
{
    public static IServiceCollection AddPodVolumes(this IServiceCollection services) => services
        .AddSingleton(provider => new KubeletRoots(provider.GetRequiredService<HostRoot>(), provider.GetRequiredService<AgentOptions>().KubeletRoot))
        .AddSingleton<PodVolumePlaces>();

    /// <summary>A directory tree at a path or of a pod, or a raw block volume.</summary>
    public static IBackupSource CreateVolume(this IServiceProvider services, BackupTask task)
    {
        if (task.Volume?.PodVolume is { Volume.Block: true } block)
        {
            return new BlockVolumeSource(
                new BlockVolume(services.GetRequiredService<HostRoot>(), services.GetRequiredService<KubeletRoots>(), block),
                services.GetRequiredService<ReadPolicy>(),
                services.GetRequiredService<TimeProvider>());
        }

        PatientPlace place = new(services.PlaceOf(task.Volume ?? new VolumeOptions()), services.GetRequiredService<ReadPolicy>());
        VolumeSource volume = new(task, place, services.GetRequiredService<TreeSource>(), services.GetRequiredService<SourcePlaces>());
        return task.FreezeSeconds == 0 ? volume : new FrozenSource(volume, place, services.GetRequiredService<Freezer>(), TimeSpan.FromSeconds(task.FreezeSeconds));
    }

    private static IVolumePlace PlaceOf(this IServiceProvider services, VolumeOptions options) => options.PodVolume is { } pod
        ? services.GetRequiredService<PodVolumePlaces>().Of(pod, options.Path)
        : new PathPlace(services.GetRequiredService<AllowedRoots>(), options);
}
