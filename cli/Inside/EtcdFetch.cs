using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Terminal;
using K8sBackup.Etcd.Client;
using K8sBackup.Kubernetes.Encryption;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Inside;

/// <summary>Brings out of a restore point what looking into it needs: etcd's snapshot, and the keys captured with it.</summary>
internal static class EtcdFetch
{
    private const string FileName = "snapshot.db";

    // Manifests and key files are a few KiB.
    private const long TextBytesMax = 2 << 20;

    public static async Task SnapshotAsync(
        IPointReader points, RestorePoint point, Snapshot snapshot, Stream target, CliContext context, CancellationToken cancellationToken)
    {
        if (snapshot.Etcd is null)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"{Output.Views.Words.Of(snapshot.Source)} is no etcd.");
        }

        using FileTarget file = new(target, new EtcdClientOptions().SnapshotBytesMax, context);
        if (!await points.CopyAsync(point, snapshot, FileName, file, cancellationToken))
        {
            throw new BackupException(FailureCause.StoreCorrupt, "The snapshot holds no etcd database.");
        }
    }

    /// <summary>The keys of the encryption configuration that the API server of the same node had.</summary>
    /// <exception cref="BackupException">The restore point does not have it.</exception>
    public static async Task<Keyring> KeysAsync(
        IPointReader points, RestorePoint point, Snapshot etcd, string spool, CliContext context, CancellationToken cancellationToken)
    {
        Snapshot files = new SourceReference("control-plane", "", etcd.Source.Node).In(point);
        string manifest = await TextAsync(points, point, files, ApiServerManifest.Path, spool, context, cancellationToken);
        string path = ApiServerManifest.EncryptionConfigurationPath(manifest)
            ?? throw new BackupException(FailureCause.NotFound, $"The API server of {etcd.Source.Node} has no encryption configuration: its manifest names none.");
        try
        {
            return Keyring.Parse(await TextAsync(points, point, files, path.TrimStart('/'), spool, context, cancellationToken));
        }
        catch (EncryptionConfigurationException e)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"{path} of {etcd.Source.Node} cannot be used: {e.Message}", e);
        }
    }

    private static async Task<string> TextAsync(
        IPointReader points, RestorePoint point, Snapshot files, string path, string spool, CliContext context, CancellationToken cancellationToken)
    {
        using SpoolFile copy = SpoolFile.Create(spool);
        using FileTarget target = new(copy.Stream, TextBytesMax, context);
        return await points.CopyAsync(point, files, path, target, cancellationToken)
            ? copy.ReadText()
            : throw new BackupException(FailureCause.NotFound, $"The control-plane files of {files.Source.Node} do not have /{path}; give the encryption configuration with --encryption-config.");
    }
}
