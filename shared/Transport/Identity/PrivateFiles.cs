using K8sBackup.Model.Files;

namespace K8sBackup.Transport.Identity;

/// <summary>Files with secrets: mode 0600, in directories of mode 0700, replaced in one step.</summary>
public static class PrivateFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void CreateDirectory(string directory) =>
        Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);

    /// <summary>Writes the text durably: a crash leaves the former content or the new one, never a part.</summary>
    public static void Write(string path, string text)
    {
        string temporary = path + ".new";
        File.Delete(temporary);
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        };
        using (FileStream stream = new(temporary, options))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            DiskSync.Sync(stream);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
