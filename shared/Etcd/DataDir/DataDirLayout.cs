using K8sBackup.Etcd.Files;

namespace K8sBackup.Etcd.DataDir;

/// <summary>Paths of a data-dir under construction.</summary>
internal sealed class DataDirLayout
{
    private readonly string _stage;
    private readonly string? _walStage;

    public DataDirLayout(string stage, string? walStage)
    {
        _stage = stage;
        _walStage = walStage;
    }

    public string Member => Path.Combine(_stage, "member");

    public string Snap => Path.Combine(Member, "snap");

    public string Database => Path.Combine(Snap, "db");

    public string Wal => _walStage ?? Path.Combine(Member, "wal");

    public string WalFile => Path.Combine(Wal, WalFileWriter.FileName);

    /// <summary>Directories that must be missing or empty before.</summary>
    public IEnumerable<string> Roots => _walStage is null ? [_stage] : [_stage, _walStage];

    /// <summary>Directories to create, parents first.</summary>
    public IEnumerable<string> Directories => [_stage, Member, Snap, Wal];

    /// <summary>Gives everything its owner, and the SELinux label of <paramref name="labelFrom"/> when that has one.</summary>
    public void Own(FileOwner? owner, string? labelFrom)
    {
        foreach (var directory in Directories.Distinct())
        {
            foreach (var path in Directory.EnumerateFiles(directory).Append(directory))
            {
                if (owner is not null)
                {
                    PosixFile.ChangeOwner(path, owner.Uid, owner.Gid);
                }

                if (labelFrom is not null)
                {
                    PosixFile.CopyLabel(labelFrom, path);
                }
            }
        }
    }

    /// <summary>Makes names durable, the deepest first; the files were synced when written.</summary>
    public void Sync()
    {
        foreach (var directory in Directories.Reverse())
        {
            PosixFile.SyncDirectory(directory);
        }

        foreach (var root in Roots)
        {
            PosixFile.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(root)) ?? "/");
        }
    }

    public void Remove()
    {
        foreach (var root in Roots.Where(Directory.Exists))
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
