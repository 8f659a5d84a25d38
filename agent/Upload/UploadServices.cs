using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Upload;

/// <summary>Registers the way of data to the coordinator.</summary>
internal static class UploadServices
{
    public static IServiceCollection AddUpload(this IServiceCollection services) => services
        .AddSingleton<BufferPool>()
        .AddSingleton<FrameSealer>()
        .AddSingleton<BackupHandler>();
}
