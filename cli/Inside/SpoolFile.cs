using System.Globalization;

namespace K8sBackup.Cli.Inside;

/// <summary>A file without a name, for what must be read back and forth: whatever ends this process, nothing of it stays.</summary>
internal sealed class SpoolFile : IDisposable
{
    private SpoolFile(FileStream stream) => Stream = stream;

    public FileStream Stream { get; }

    /// <summary>A path that opens the file, in this process only.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Stream.SafeFileHandle.DangerousGetHandle()}");

    public static SpoolFile Create(string directory)
    {
        FileStream stream = new(System.IO.Path.Combine(directory, ".k8sbackup-" + Guid.NewGuid().ToString("n")), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        File.Delete(stream.Name);
        return new SpoolFile(stream);
    }

    /// <summary>The file as text, for small files.</summary>
    public string ReadText()
    {
        Stream.Position = 0;
        using StreamReader reader = new(Stream, leaveOpen: true);
        return reader.ReadToEnd();
    }

    public void Dispose() => Stream.Dispose();
}
