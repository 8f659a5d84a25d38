using K8sBackup.Agent.Upload;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>A small file as it was found in one go: opened, read, looked at again and closed.</summary>
/// <param name="Status">Status when it was opened.</param>
/// <param name="Attributes">Extended attributes.</param>
/// <param name="Size">Bytes it turned out to have.</param>
/// <param name="DataStart">Where its only data begin; holes are around them.</param>
/// <param name="Data">The data, in the reading thread's buffer: there until its next call.</param>
/// <param name="HasChanged">Whether it changed meanwhile.</param>
internal sealed record SmallFile(
    FileStatus Status, IReadOnlyList<ExtendedAttribute> Attributes, long Size, long DataStart, ReadOnlyMemory<byte> Data, bool HasChanged)
{
    /// <summary>Reads the file to a place in the buffer; null when it is not small, or in several pieces.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SmallFile? Read(FileReader file, NativeBuffer buffer, int at)
    {
        bool found = file.NextSegment(0, out long start, out long end);
        if (found && (end - start > buffer.Length - at || end - start > SmallFiles.FileBytesMax || end < file.Size))
        {
            return null;
        }

        IReadOnlyList<ExtendedAttribute> attributes = file.ReadAttributes();
        int read = found ? file.Read(start, buffer.GetSpan().Slice(at, (int)(end - start))) : 0;
        return new SmallFile(file.Status, attributes, file.Size, start, buffer.Memory.Slice(at, read), file.HasChanged());
    }
}
