using System.Text;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Inside;

/// <summary>
/// Writes objects as files of their own, for their owner only: NAME.yaml with what is understood, and NAME.stored with the
/// bytes as etcd has them where that is not all.
/// </summary>
internal sealed class ObjectExport
{
    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _directory;
    private readonly bool _showsSecrets;

    private ObjectExport(string directory, long revision, bool showsSecrets)
    {
        _directory = directory;
        _showsSecrets = showsSecrets;
        Summary = new ExportSummary { Directory = directory, Revision = revision };
    }

    public ExportSummary Summary { get; }

    /// <exception cref="BackupException">The directory has something in it.</exception>
    public static ObjectExport Into(string directory, long revision, bool showsSecrets)
    {
        string path = Path.GetFullPath(directory);
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
        {
            throw new BackupException(FailureCause.TargetUnusable, $"{path} is not an empty directory; name another.");
        }

        Directory.CreateDirectory(path, DirectoryMode);
        return new ObjectExport(path, revision, showsSecrets);
    }

    public async Task AddAsync(FoundObject found, CancellationToken cancellationToken)
    {
        ShownObject shown = new(found, _showsSecrets);
        string path = Path.Combine(_directory, ExportPath.Of(found.Record.Key.Span));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, DirectoryMode);
        if (shown.Document is not null || shown.IsMasked)
        {
            await WriteAsync(path + ".yaml", Encoding.UTF8.GetBytes(shown.ToText()), cancellationToken);
        }

        if (shown.Stored is { } stored)
        {
            await WriteAsync(path + ".stored", stored, cancellationToken);
            Summary.Undecoded++;
        }

        Summary.Masked += shown.IsMasked ? 1 : 0;
        Summary.Objects++;
    }

    private async Task WriteAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await using FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await file.WriteAsync(bytes, cancellationToken);
        Summary.Files++;
        Summary.Bytes += bytes.Length;
    }
}
