using System.Runtime.InteropServices;

namespace K8sBackup.FileTree.Native;

/// <summary>struct timespec on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    /// <summary>As nanoseconds: leave this time as it is (UTIME_OMIT).</summary>
    public const long Omit = 0x3ffffffe;

    public long Seconds;
    public long Nanoseconds;
}
