using System.Runtime.InteropServices;

namespace K8sBackup.Repository.Packs;

/// <summary>Gives the pages of an array back to the system while the array stays.</summary>
internal static unsafe partial class PageMemory
{
    private const int AdviceDontNeed = 4;

    /// <summary>
    /// What lies on whole pages of the memory is zero afterwards, and takes none until it is written again. The memory must be pinned, and
    /// nobody may rely on what is in it.
    /// </summary>
    public static void Drop(Span<byte> memory)
    {
        nint page = Environment.SystemPageSize;
        fixed (byte* start = memory)
        {
            nint first = ((nint)start + page - 1) / page * page;
            nint end = ((nint)start + memory.Length) / page * page;
            if (end > first)
            {
                // Advice: refused, the pages stay.
                _ = Advise((void*)first, (nuint)(end - first), AdviceDontNeed);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
