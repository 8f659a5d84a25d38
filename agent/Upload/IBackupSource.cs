using K8sBackup.Agent.Session;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Upload;

/// <summary>Something that can be captured as a snapshot. Lives for one piece of work.</summary>
internal interface IBackupSource : IAsyncDisposable
{
    /// <summary>What has to happen once, however often the upload is attempted. Throws BackupException.</summary>
    Task PrepareAsync(WorkMeter meter, CancellationToken cancellationToken);

    /// <summary>Reads the source and sends it; the result is the message that asks for the commit. Called once for each attempt.</summary>
    Task<Finish> CaptureAsync(CaptureContext context, CancellationToken cancellationToken);
}
