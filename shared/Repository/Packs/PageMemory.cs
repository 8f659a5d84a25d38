using System.Runtime.InteropServices;

namespace K8sBackup.Repository.Packs;

/// <summary>Tells the system about the pages of an array that stays where it is.</summary>
internal static unsafe partial class PageMemory
{
    private const int AdviceDontNeed = 4;
    private const int AdviceHugePages = 14;

    /// <summary>
    /// What lies on whole pages of the memory is zero afterwards, and takes none until it is written again. The memory must be pinned, and
    /// nobody may rely on what is in it.
    /// </summary>
    public static void Drop(Span<byte> memory) => Advise(memory, AdviceDontNeed);

    /// <summary>
    /// Lets the memory come in pages of 2 MiB, where the system has them, instead of 4 KiB: what is filled and dropped again and again is
    /// otherwise met by hundreds of faults for each megabyte. The memory must be pinned.
    /// </summary>
    public static void PreferHugePages(Span<byte> memory) => Advise(memory, AdviceHugePages);

    private static void Advise(Span<byte> memory, int advice)
    {
        nint page = Environment.SystemPageSize;
        fixed (byte* start = memory)
        {
            nint first = ((nint)start + page - 1) / page * page;
            nint end = ((nint)start + memory.Length) / page * page;
            if (end > first)
            {
                // Advice: refused, everything stays as it is.
                _ = Advise((void*)first, (nuint)(end - first), advice);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
