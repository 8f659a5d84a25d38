using System.Text;
using K8sBackup.Model.Files;

namespace K8sBackup.Cli.Keys;

/// <summary>Files with the text form of a key: never overwritten, for their owner only, on disk when the call returns.</summary>
internal static class KeyTextFile
{
    public static void WriteNew(string path, string text)
    {
        using FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(Encoding.ASCII.GetBytes(text + "\n"));
        DiskSync.Sync(file);
    }
}
