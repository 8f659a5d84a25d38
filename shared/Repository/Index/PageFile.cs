using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Repository.Index;

/// <summary>A file without a name, mapped into memory and zeroed. The kernel writes its pages out when it needs the memory.</summary>
internal sealed unsafe class PageFile : IDisposable
{
    private const string Suffix = ".pages";

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafeMemoryMappedViewHandle _handle;

    private PageFile(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor();
        _handle = _view.SafeMemoryMappedViewHandle;
        byte* start = null;
        _handle.AcquirePointer(ref start);
        Start = start + _view.PointerOffset;
    }

    public void* Start { get; }

    /// <summary>Makes one.</summary>
    /// <exception cref="IOException">There is no room. A page that has no block on the disk would end the process when it is written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory cannot be written.</exception>
    public static PageFile Create(string directory, long bytes)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, $"index-{Guid.NewGuid():n}{Suffix}");
        FileStream stream = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            PreallocationSize = bytes,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        try
        {
            File.Delete(path);
            stream.SetLength(bytes);
            return new PageFile(MemoryMappedFile.CreateFromFile(stream, null, bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Removes files of processes that died between making one and taking its name away. One that a living process has just made loses its name
    /// a moment earlier.
    /// </summary>
    public static void RemoveLeftovers(string directory)
    {
        if (Directory.Exists(directory))
        {
            foreach (string path in Directory.EnumerateFiles(directory, $"index-*{Suffix}"))
            {
                File.Delete(path);
            }
        }
    }

    public void Dispose()
    {
        _handle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
