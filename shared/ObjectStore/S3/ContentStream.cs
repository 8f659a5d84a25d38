using System.Runtime.InteropServices;

namespace K8sBackup.ObjectStore.S3;

/// <summary>Makes streams over memory without copying where memory is an array, as it nearly always is.</summary>
internal static class ContentStream
{
    public static Stream Over(ReadOnlyMemory<byte> content) => MemoryMarshal.TryGetArray(content, out ArraySegment<byte> array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(content.ToArray(), writable: false);
}
