using K8sBackup.Cli.Terminal;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Kubernetes.Encryption;
using K8sBackup.Kubernetes.Objects;

namespace K8sBackup.Cli.Inside;

/// <summary>A snapshot that is open for looking, and how its values are to be read.</summary>
internal sealed class InsideSnapshot : IDisposable
{
    private readonly SpoolFile? _copy;

    private InsideSnapshot(SnapshotDatabase database, SpoolFile? copy, Keyring keys, bool showsSecrets, bool isDamaged)
    {
        Database = database;
        Decoder = new ObjectDecoder(keys);
        ShowsSecrets = showsSecrets;
        IsDamaged = isDamaged;
        _copy = copy;
    }

    public SnapshotDatabase Database { get; }

    public ObjectDecoder Decoder { get; }

    public bool ShowsSecrets { get; }

    /// <summary>True when the digest at the end says that the file is not what etcd sent; it is shown all the same.</summary>
    public bool IsDamaged { get; }

    public static InsideSnapshot OfFile(CliContext context, string path, Keyring keys, bool showsSecrets, CancellationToken cancellationToken) =>
        new(SnapshotDatabase.Open(path), null, keys, showsSecrets, IsDigestWrong(context, path, cancellationToken));

    /// <summary>Takes over the copy when it succeeds.</summary>
    public static InsideSnapshot OfCopy(CliContext context, SpoolFile copy, Keyring keys, bool showsSecrets, CancellationToken cancellationToken) =>
        new(SnapshotDatabase.Open(copy.Path), copy, keys, showsSecrets, IsDigestWrong(context, copy.Path, cancellationToken));

    /// <summary>The exit code of a command that showed what it was asked for.</summary>
    public int ExitCode => IsDamaged ? Failures.ExitCodes.Damaged : Failures.ExitCodes.Ok;

    public void Dispose()
    {
        Database.Dispose();
        _copy?.Dispose();
    }

    private static bool IsDigestWrong(CliContext context, string path, CancellationToken cancellationToken)
    {
        try
        {
            SnapshotVerifier.VerifyDigest(path, cancellationToken);
            return false;
        }
        catch (SnapshotInvalidException e) when (e.Fault == SnapshotFault.DigestMissing)
        {
            context.Error.WriteLine("note: the file has no digest at its end; whether it is as etcd wrote it cannot be told.");
            return false;
        }
        catch (SnapshotInvalidException e)
        {
            context.Error.WriteLine($"warning: the snapshot is damaged: {e.Message}. What can be read is shown, and may be wrong.");
            return true;
        }
    }
}
